// Preloaded into every Node child of the supervisor: when the supervisor dies, even by kill -9, the channel to it closes,
// and the child stops as if it had been told to.
const GRACE_MS = 6_000;

process.once('disconnect', () => {
  setTimeout(() => process.exit(1), GRACE_MS).unref();
  process.kill(process.pid, 'SIGTERM');
});
process.channel?.unref();
