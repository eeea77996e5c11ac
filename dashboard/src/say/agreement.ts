import type { ContractAnswer } from "../api/answers.ts";

export interface RecordAgreement {
  tone: "good" | "warn" | "neutral";
  sentence: string;
}

type Facts = Pick<ContractAnswer, "fields" | "mapping" | "live" | "queue" | "isGone">;

/** Whether both sides say the same, as far as it is known: nothing agrees with a record that is not there. */
export function agreementOf({ fields, mapping, live, queue, isGone }: Facts): RecordAgreement {
  const record = mapping?.zohoType ?? "record";
  if (isGone) return { tone: "neutral", sentence: "deleted in CircleTel" };
  if (mapping === null) return { tone: "warn", sentence: "not in Zoho yet" };
  if (mapping.state === "deleted_in_zoho" || live?.error === "RECORD_NOT_FOUND") {
    return { tone: "warn", sentence: `${record}: deleted in Zoho` };
  }
  if (mapping.state === "unlinked") {
    return { tone: "neutral", sentence: "unlinked: nothing is compared" };
  }
  if (fields.length === 0) {
    return { tone: "neutral", sentence: "no fields to compare" };
  }
  const differing = fields.filter(({ agrees }) => !agrees).length;
  if (differing > 0) {
    return {
      tone: "warn",
      sentence: `${differing} of ${fields.length} differ`,
    };
  }
  if (queue !== null) {
    return { tone: "neutral", sentence: "agree, and a change waits" };
  }
  if (mapping.isInDoubt) {
    return { tone: "warn", sentence: "agreed before an answer was lost" };
  }
  return live === null || live.error !== null
    ? { tone: "good", sentence: "all agreed when Zoho last confirmed" }
    : { tone: "good", sentence: "all fields agree" };
}
