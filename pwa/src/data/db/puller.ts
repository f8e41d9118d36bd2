import type { Checkpoint, LiveDocuments, Nudge, PullAnswer, Replicated } from '#contracts/sync/documents.ts';

export interface Pulled<Doc> {
  documents: Replicated<Doc>[];
  checkpoint: Checkpoint | undefined;
}

interface Deps<Doc> {
  ask(checkpoint: Checkpoint | undefined, limit: number): Promise<PullAnswer<Doc>>;
  /** What this device holds, deleted ones aside. */
  held(): Promise<Replicated<Doc>[]>;
  /** Sends what the server never had; answers its documents where it does not take them. Absent: documents are the server's alone. */
  offer?: ((documents: Replicated<Doc>[]) => Promise<Replicated<Doc>[]>) | undefined;
  /** Makes the replication pull. */
  pullNow(): void;
}

interface Told<Doc> {
  from: number;
  documents: Map<string, Replicated<Doc>>;
  checkpoint: Checkpoint;
}

/**
 * Answers the replication's pulls: from what the live stream told already where that is complete, else from the server. When the
 * server starts over it brings this device in line: what the server does not have is withdrawn, or offered to it. Changes that were not
 * sent yet stay, for replication leaves documents alone that changed here.
 */
export class Puller<Doc extends { id: string; revision: number }> {
  readonly #deps: Deps<Doc>;
  /** Of this scope everything up to this revision is here; null: not known. */
  #completeAt: { scope: string; revision: number } | null = null;
  #told: Told<Doc> | null = null;
  #mustAsk = true;

  constructor(deps: Deps<Doc>) {
    this.#deps = deps;
  }

  /** Something is new, up to a revision if it says so. */
  nudge({ revision, scope }: Omit<Nudge, 'of'> = {}): void {
    const isHere =
      revision !== undefined && this.#completeAt?.scope === scope && (this.#completeAt?.revision ?? -1) >= revision;
    if (isHere) return;
    this.#mustAsk = true;
    this.#deps.pullNow();
  }

  /** Documents that the stream brought. */
  hear({ from, documents, checkpoint }: Omit<LiveDocuments<Doc>, 'of'>): void {
    const told = this.#told;
    const isNext = told && told.checkpoint.scope === checkpoint.scope && from <= told.checkpoint.revision;
    const next: Told<Doc> = isNext ? { ...told, checkpoint } : { from, documents: new Map(), checkpoint };
    for (const doc of documents) next.documents.set(doc.id, doc);
    this.#told = next;
    this.#deps.pullNow();
  }

  async pull(checkpoint: Checkpoint | undefined, limit: number): Promise<Pulled<Doc>> {
    const told = this.#told;
    this.#told = null;
    const isAsked = this.#mustAsk;
    this.#mustAsk = false;
    const fromStream = !isAsked && told && checkpoint && this.#fromStream(told, checkpoint);
    if (fromStream) return fromStream;
    try {
      const answer = await this.#deps.ask(checkpoint, limit);
      if (answer.reset) return await this.#startOver(answer, limit);
      this.#note(answer, limit);
      return { documents: answer.documents, checkpoint: answer.checkpoint ?? undefined };
    } catch (error) {
      this.#mustAsk = true;
      throw error;
    }
  }

  /** What the stream told, if nothing is missing between the checkpoint and it. */
  #fromStream(told: Told<Doc>, at: Checkpoint): Pulled<Doc> | null {
    if (told.checkpoint.scope !== at.scope || at.revision < told.from) return null;
    // A pull may have stopped in the middle of a revision that the stream begins after.
    const isWhole = this.#completeAt?.scope === at.scope && this.#completeAt?.revision === at.revision;
    if (at.revision === told.from && !isWhole) return null;
    if (at.revision > told.checkpoint.revision) return { documents: [], checkpoint: at };
    this.#completeAt = { scope: told.checkpoint.scope!, revision: told.checkpoint.revision };
    return {
      documents: [...told.documents.values()].filter((doc) => doc.revision >= at.revision),
      checkpoint: told.checkpoint,
    };
  }

  #note({ documents, checkpoint }: PullAnswer<Doc>, limit: number): void {
    const isWhole = documents.length < limit && checkpoint?.scope !== undefined;
    this.#completeAt = isWhole ? { scope: checkpoint.scope!, revision: checkpoint.revision } : null;
  }

  async #startOver(first: PullAnswer<Doc>, limit: number): Promise<Pulled<Doc>> {
    const documents = [...first.documents];
    let page = first;
    while (page.documents.length >= limit) {
      page = await this.#deps.ask(page.checkpoint ?? undefined, limit);
      if (page.reset) throw new Error('the server started over once more');
      documents.push(...page.documents);
    }
    const there = new Set(documents.map(({ id }) => id));
    const missing = (await this.#deps.held()).filter(({ id }) => !there.has(id));
    if (first.reset === 'foreign' && this.#deps.offer && missing.length > 0) {
      documents.push(...(await this.#deps.offer(missing)));
    } else {
      documents.push(...missing.map((doc) => ({ ...doc, _deleted: true })));
    }
    this.#note(page, limit);
    return { documents, checkpoint: page.checkpoint ?? undefined };
  }
}
