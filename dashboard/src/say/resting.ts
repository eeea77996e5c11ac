import type { StatusAnswer } from "../api/answers.ts";
import type { Part } from "./overview.ts";

type Resting = StatusAnswer["resting"][number];

/** "Zoho's module Invoices has failed since 10:02 (HTTP_503). It is tried again in 4 min." */
export function restingSentence({ module, code, since, until }: Resting): Part[] {
  return [
    `Zoho's module ${module} has failed since `,
    { at: since, as: "time" },
    ` (${code}). It is tried again `,
    { at: until, as: "until" },
    ".",
  ];
}
