/**
 * Every write that carries a stage also carries CircleTel_Revision: which of our stage writes a record holds last.
 * No timestamp can say that: Zoho's count seconds, and answers get lost.
 *
 * A revision is epoch × 10¹⁰ + sequence, as text. Epochs have six digits below 900,000, so that a revision has sixteen
 * and is exact in a JSON number too (below 2⁵³): whether Zoho answers a bigint as text or number does not matter.
 */
export const revisionField = "CircleTel_Revision";

const sequencesPerEpoch = 10n ** 10n;
export const firstEpoch = 100_000;
export const lastEpoch = 899_999;

/** The revisions that this database has handed out. */
export interface RevisionSpace {
  /** Drawn at random when the database is pinned or adopted. */
  epoch: number;
  /** The highest number its sequence has reached in this epoch. */
  lastSequence: number;
  /** Epochs that were closed by an adoption. */
  earlier: readonly number[];
}

/**
 * | kind | meaning |
 * |---|---|
 * | none | never written by us |
 * | known | of this database, as far as its sequence has counted, or of a closed epoch |
 * | ahead | of our epoch but beyond our sequence: this database was restored |
 * | foreign | another deployment's, or a restored database's that was adopted since |
 * | typed | no revision at all: a person typed it |
 */
export type RevisionKind = "none" | "known" | "ahead" | "foreign" | "typed";

/** @throws RangeError for numbers that make no revision */
export function revisionOf(epoch: number, sequence: number): string {
  if (!Number.isInteger(epoch) || epoch < firstEpoch || epoch > lastEpoch) {
    throw new RangeError(`an epoch is from ${firstEpoch} to ${lastEpoch}, not ${epoch}`);
  }
  if (!Number.isInteger(sequence) || sequence < 1 || BigInt(sequence) >= sequencesPerEpoch) {
    throw new RangeError(`a sequence is from 1 to ${sequencesPerEpoch - 1n}, not ${sequence}`);
  }
  return String(BigInt(epoch) * sequencesPerEpoch + BigInt(sequence));
}

/** Null for text that revisionOf() cannot produce. */
export function parseRevision(revision: string): { epoch: number; sequence: number } | null {
  if (!/^[1-8]\d{15}$/.test(revision)) return null;
  const number = BigInt(revision);
  const sequence = Number(number % sequencesPerEpoch);
  return sequence === 0 ? null : { epoch: Number(number / sequencesPerEpoch), sequence };
}

/** The revision of a record as Zoho answers it: text or a whole number; null when it is empty. */
export function readRevision(value: unknown): string | null {
  if (typeof value === "number") return String(value);
  if (typeof value !== "string") return null;
  const text = value.trim();
  return text === "" ? null : text;
}

export function revisionKind(revision: string | null, space: RevisionSpace): RevisionKind {
  if (revision === null) return "none";
  const parts = parseRevision(revision);
  if (parts === null) return "typed";
  if (space.earlier.includes(parts.epoch)) return "known";
  if (parts.epoch !== space.epoch) return "foreign";
  return parts.sequence <= space.lastSequence ? "known" : "ahead";
}

/** The ranges of revisions that this database may have handed out, in order; closed epochs as a whole. */
export function knownRanges({ epoch, lastSequence, earlier }: RevisionSpace): [bigint, bigint][] {
  const first = (each: number) => BigInt(each) * sequencesPerEpoch;
  return [
    ...earlier.filter((each) => each !== epoch).map((
      each,
    ): [bigint, bigint] => [first(each), first(each + 1) - 1n]),
    [first(epoch), first(epoch) + BigInt(lastSequence)] as [bigint, bigint],
  ].sort(([a], [b]) => a < b ? -1 : 1);
}

/** Whether this revision on a record shows that the database was restored or that another one writes to the org. */
export function isAlarming(revision: string | null, space: RevisionSpace): boolean {
  const kind = revisionKind(revision, space);
  return kind === "ahead" || kind === "foreign";
}
