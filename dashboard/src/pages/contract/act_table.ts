import type { ActAnswer, ContractAnswer, DropAnswer } from "../../api/answers.ts";
import { droppedText } from "../../say/dropped.ts";
import { recordWords } from "../../say/places.ts";

/** What the acts answer, as far as the page says it. */
export type ActAnswered = Partial<ActAnswer & Pick<DropAnswer, "dropped" | "busy">>;

/** What an operator can do to one record; those that overwrite or end something ask once more. */
export interface RecordAct {
  name: string;
  route: string;
  body: (contract: ContractAnswer) => Record<string, unknown>;
  label: string;
  /** What it does, for the second click; null where nothing is overwritten or ended. */
  consequence: (contract: ContractAnswer) => string | null;
  done: string;
  /** What to say instead where the answer is that nothing was done. */
  undone?: (answer: ActAnswered) => string | null;
  isOffered: (contract: ContractAnswer) => boolean;
}

const record = ({ entityType }: ContractAnswer) => recordWords[entityType];
const kind = ({ entityType }: ContractAnswer) => entityType;
const one = ({ entityType, entityId: id }: ContractAnswer) => ({ entityType, id });
const listOfOne = ({ entityType: type, entityId: id }: ContractAnswer) => ({ entities: [{ type, id }] });

/** The company's Account, as far as its name is known. */
function accountOf({ names }: ContractAnswer): { id: string; name: string } | null {
  const found = Object.entries(names).find(([, { zohoType }]) => zohoType === "Accounts");
  return found === undefined ? null : { id: found[0], name: found[1].name };
}

export const recordActs: readonly RecordAct[] = [
  {
    name: "look",
    route: "/look",
    body: listOfOne,
    label: "Look again",
    consequence: () => null,
    done: "Both sides are read again.",
    isOffered: ({ mapping, isGone }) => !isGone && mapping?.state !== "unlinked",
  },
  {
    name: "release",
    route: "/release",
    body: one,
    label: "Release",
    consequence: () => null,
    done: "The record is released; its waiting changes are sent.",
    isOffered: ({ hold }) => hold !== null,
  },
  {
    name: "drop",
    route: "/drop",
    body: listOfOne,
    label: "Drop the change",
    consequence: (contract) =>
      `The change leaves the queue and is not sent. The ${record(contract)} stays as it is until the ${
        kind(contract)
      } ` +
      "changes again or both sides are compared.",
    done: "The change was dropped.",
    undone: ({ dropped = 0, busy = 0 }) => dropped === 0 ? droppedText({ dropped, busy }, 1) : null,
    isOffered: ({ queue }) => queue !== null,
  },
  {
    name: "unlink",
    route: "/unlink",
    body: one,
    label: "Unlink",
    consequence: (contract) =>
      `Nothing of this ${kind(contract)} is sent to its ${
        record(contract)
      } any more, and nothing is taken in from it. ` +
      "Both stay as they are.",
    done: "The record is unlinked.",
    isOffered: ({ mapping, isGone }) => mapping !== null && mapping.state !== "unlinked" && !isGone,
  },
  {
    name: "link",
    route: "/link",
    body: one,
    label: "Link again",
    consequence: (contract) =>
      `The ${record(contract)} is read, and its fields that CircleTel decides are sent where they differ.`,
    done: "The record is linked again.",
    isOffered: ({ mapping, isGone, erasedAt }) =>
      mapping?.state === "unlinked" && !isGone && erasedAt === null,
  },
  {
    name: "make-again",
    route: "/make-again",
    body: one,
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
  {
    name: "forget-account",
    route: "/accounts/forget",
    body: (contract) => ({ zohoId: accountOf(contract)?.id }),
    label: "Find the Account again",
    consequence: (contract) => {
      const account = accountOf(contract);
      return `The company's link to the Account ${account?.name} (${account?.id}) is removed. The Account is looked up ` +
        "again by registration number, VAT number and name, and the company's records are sent again. This cannot be undone.";
    },
    done: "The company's Account is looked up again.",
    isOffered: (contract) => !contract.isGone && accountOf(contract) !== null,
  },
];
