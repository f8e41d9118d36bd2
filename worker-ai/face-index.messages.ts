import type { SpaceCalibration } from '#contracts/descriptors.ts';
import type { ArenaHandle } from '#face/search/arena.ts';
import type { BlockHandle } from '#face/search/vectors.ts';
import type { Calibration, SearchHit } from '#face/search.ts';

/**
 * What the worker and its two index threads say to each other. The `search` thread holds the galleries, changes them and
 * searches; the `build` thread does what takes long: filling a gallery for the first time, and ranking one. Both work in
 * one shared memory: what goes between them are places in it.
 */
export type ThreadRole = 'search' | 'build';
export interface ThreadData {
  role: ThreadRole;
  arena: ArenaHandle;
  /** Up to so many faces an event is ranked anew at once with each change: some ten milliseconds. */
  rankedAtOnce: number;
}

/** Faces in columns, so that they go to a thread without being copied. Ids are UUIDs of 16 bytes. */
export interface FacePage {
  faceIds: Uint8Array<ArrayBuffer>;
  photoIds: Uint8Array<ArrayBuffer>;
  quality: Float32Array<ArrayBuffer>;
  /** All of one length, one after the other. */
  descriptors: Float32Array<ArrayBuffer>;
}

/** What a ranked gallery is, for who takes it over. */
export interface RankedHandle {
  gallery: BlockHandle;
  cohort: BlockHandle;
  photos: number;
  calibration: Calibration;
  /** How alike strangers are in this descriptor space; missing: as in the built-in one of that length. */
  space: SpaceCalibration | undefined;
}

export interface SearchQuery {
  descriptor: Float32Array;
  confirmed: readonly string[];
  rejected: readonly string[];
  /** The trace is kept under this name: see `affected`. */
  searchId?: string;
}

/** What the searcher said about faces, as one text. */
export const saidKey = ({
  confirmed,
  rejected,
}: {
  confirmed: readonly string[];
  rejected: readonly string[];
}): string => `${confirmed.join()}|${rejected.join()}`;

/** Calls by thread: name, what is given, what is answered. */
export interface BuildCalls {
  /** A new gallery for descriptors of this length; answers its number. */
  begin: { input: { length: number; space: SpaceCalibration | undefined }; output: number };
  fill: { input: { number: number; page: FacePage }; output: null };
  /** Ranks the gallery and leaves it to the caller. */
  finish: { input: { number: number }; output: RankedHandle };
  /** Gives up a gallery that was begun. */
  abandon: { input: { number: number }; output: null };
  /** Ranks a gallery that the other thread holds. The offsets are those of its first rows. */
  rank: {
    input: { gallery: BlockHandle; cohort: BlockHandle; space: SpaceCalibration | undefined };
    output: { cohort: BlockHandle; photos: number; calibration: Calibration; offsets: Float32Array<ArrayBuffer> };
  };
}

export interface IndexState {
  faces: number;
  photos: number;
  bytes: number;
  /** The ranking is that of the faces held: nothing came or went since. */
  isSettled: boolean;
}

export interface SearchCalls {
  adopt: { input: { key: string; ranked: RankedHandle }; output: IndexState };
  /** Makes the faces of these photos those given. */
  change: { input: { key: string; length: number; photoIds: string[]; page: FacePage }; output: IndexState };
  search: {
    input: { key: string; query: SearchQuery };
    output: { hits: SearchHit[]; calibration: Calibration; faces: number };
  };
  /**
   * Which of these searches may have another result than when they were last made here: those unknown here, and those whose
   * searcher said something else then (`said`: see `saidKey`). `stale`: the others that were made under a former ranking.
   */
  affected: {
    input: { key: string; searches: ReadonlyArray<{ id: string; said: string }> };
    output: { affected: string[]; stale: string[]; faces: number };
  };
  /** Their results could not be stored. */
  forget: { input: { key: string; searchIds: readonly string[] }; output: null };
  /** What the other thread needs to rank, and when it was asked for. */
  toRank: {
    input: { key: string };
    output: {
      gallery: BlockHandle;
      cohort: BlockHandle;
      space: SpaceCalibration | undefined;
      removals: string;
      version: number;
    };
  };
  /** Takes a ranking over; `isTaken` is false when rows went since it was asked for. */
  ranked: {
    input: { key: string; removals: string; version: number; made: BuildCalls['rank']['output'] };
    output: IndexState & { isTaken: boolean };
  };
  drop: { input: { key: string }; output: null };
}

export interface CallMessage {
  id: number;
  name: string;
  input: unknown;
}
export type AnswerMessage = { id: number; output: unknown } | { id: number; error: Error };
