import type { ContractAnswer } from "../../api/answers.ts";
import { recordWords } from "../../say/places.ts";

/** What an operator can do to one record; those that overwrite or end something ask once more. */
export interface RecordAct {
  name: string;
  route: string;
  /** Whether it takes a list. */
  isList?: boolean;
  label: string;
  /** What it does, for the second click; null where nothing is overwritten or ended. */
  consequence: (contract: ContractAnswer) => string | null;
  done: string;
  isOffered: (contract: ContractAnswer) => boolean;
}

const record = ({ entityType }: ContractAnswer) => recordWords[entityType];
const kind = ({ entityType }: ContractAnswer) => entityType;

export const recordActs: readonly RecordAct[] = [
  {
    name: "look",
    route: "/look",
    isList: true,
    label: "Look again",
    consequence: () => null,
    done: "Both sides are read again.",
    isOffered: ({ mapping, isGone }) => !isGone && mapping?.state !== "unlinked",
  },
  {
    name: "release",
    route: "/release",
    label: "Release",
    consequence: () => null,
    done: "It is released: what waited is sent.",
    isOffered: ({ hold }) => hold !== null,
  },
  {
    name: "drop",
    route: "/drop",
    isList: true,
    label: "Drop the change",
    consequence: (contract) =>
      `The change leaves the queue and is not sent. The ${record(contract)} stays as it is until the ${
        kind(contract)
      } ` +
      "changes again or both sides are compared.",
    done: "The change was dropped.",
    isOffered: ({ queue }) => queue !== null,
  },
  {
    name: "unlink",
    route: "/unlink",
    label: "Unlink",
    consequence: (contract) =>
      `Nothing of this ${kind(contract)} is sent to its ${
        record(contract)
      } any more, and nothing is taken in from it. ` +
      "Both stay as they are.",
    done: "It is unlinked.",
    isOffered: ({ mapping, isGone }) => mapping !== null && mapping.state !== "unlinked" && !isGone,
  },
  {
    name: "link",
    route: "/link",
    label: "Link again",
    consequence: (contract) =>
      `The ${record(contract)} is read, and its fields that CircleTel decides are sent where they differ.`,
    done: "It is linked again.",
    isOffered: ({ mapping, isGone, erasedAt }) =>
      mapping?.state === "unlinked" && !isGone && erasedAt === null,
  },
  {
    name: "make-again",
    route: "/make-again",
    label: "Make it again",
    consequence: (contract) =>
      `The link to the present ${
        record(contract)
      } is forgotten. The record that carries this number is found, or a new ` +
      "one is made. This cannot be undone.",
    done: "The record is found or made again.",
    isOffered: ({ mapping, isGone, erasedAt }) =>
      mapping !== null && !isGone && mapping.state !== "linked" && erasedAt === null,
  },
];
