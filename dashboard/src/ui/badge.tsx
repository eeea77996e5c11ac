import type { ReactNode } from "react";

export type Tone = "good" | "warn" | "bad" | "neutral";

export function Badge({ tone = "neutral", children }: { tone?: Tone; children: ReactNode }) {
  return <span className={`badge ${tone}`}>{children}</span>;
}

/** Every status word of the tables, with the tone of what it means. */
const TONES: Readonly<Record<string, Tone>> = {
  pending: "neutral",
  in_flight: "good",
  dead: "bad",
  success: "good",
  failed: "bad",
  retrying: "warn",
  received: "neutral",
  applied: "good",
  nothing_new: "neutral",
  put_back: "warn",
  conflict: "warn",
  question: "warn",
  gone: "warn",
  ignored: "neutral",
  unmapped: "warn",
  linked: "good",
  orphaned: "warn",
  deleted_in_zoho: "warn",
  unlinked: "neutral",
  open: "warn",
  acknowledged: "neutral",
  done: "neutral",
  running: "good",
  finished: "good",
  completed: "good",
  on: "bad",
  off: "good",
};

const WORDS: Readonly<Record<string, string>> = {
  in_flight: "in flight",
  dead: "dead letter",
  success: "confirmed",
  received: "not looked at yet",
  linked: "linked",
  deleted_in_zoho: "deleted in Zoho",
};

export function StatusBadge({ status }: { status: string }) {
  return <Badge tone={TONES[status] ?? "neutral"}>{WORDS[status] ?? status.replaceAll("_", " ")}</Badge>;
}
