import client from 'prom-client';

export type Metrics = ReturnType<typeof createMetrics>;

/** One registry per process; served at /metrics. */
export function createMetrics(service: string) {
  const registry = new client.Registry();
  registry.setDefaultLabels({ service });
  client.collectDefaultMetrics({ register: registry });
  const registers = [registry];
  return {
    registry,
    httpSeconds: new client.Histogram({
      name: 'http_request_duration_seconds',
      help: 'Time to answer an HTTP request',
      labelNames: ['method', 'route', 'status'],
      buckets: [0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10],
      registers,
    }),
    jobSeconds: new client.Histogram({
      name: 'job_duration_seconds',
      help: 'Time to work on a background job',
      labelNames: ['job', 'outcome'],
      buckets: [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2, 5, 10, 30, 60, 300],
      registers,
    }),
    stageSeconds: new client.Histogram({
      name: 'photo_stage_duration_seconds',
      help: 'Time of one stage of photo indexing or face search',
      labelNames: ['stage'],
      buckets: [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
      registers,
    }),
    histogram: (name: string, help: string, labelNames: string[], buckets: number[]) =>
      (registry.getSingleMetric(name) as client.Histogram | undefined) ??
      new client.Histogram({ name, help, labelNames, buckets, registers }),
    counter: (name: string, help: string, labelNames: string[] = []) =>
      (registry.getSingleMetric(name) as client.Counter | undefined) ??
      new client.Counter({ name, help, labelNames, registers }),
    gauge: (name: string, help: string, labelNames: string[] = []) =>
      (registry.getSingleMetric(name) as client.Gauge | undefined) ??
      new client.Gauge({ name, help, labelNames, registers }),
  };
}
