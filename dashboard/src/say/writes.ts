import type { ContractAnswer } from "../api/answers.ts";

export interface LastWrite {
  label: string;
  at: string | null;
  tone: "good" | "bad" | "neutral";
  why: string | null;
}

/** When a write last arrived, and beside it the newest try where that one did not. */
export function lastWritesOf({ confirmedAt, last }: ContractAnswer["writes"]): LastWrite[] {
  const confirmed: LastWrite = {
    label: "confirmed by Zoho",
    at: confirmedAt,
    tone: "good",
    why: null,
  };
  if (last === null || last.status === "success") return [confirmed];
  const label = last.status === "pending" ? "being sent" : "last try failed";
  return [
    {
      label,
      at: last.at,
      tone: last.status === "pending" ? "neutral" : "bad",
      why: last.error,
    },
    ...(confirmedAt === null ? [] : [confirmed]),
  ];
}
