import type { Pause } from "../api/answers.ts";
import { operatorName } from "./who.ts";
import type { Part } from "./overview.ts";

/** Why the sync pauses itself, by the code of the fault. */
const reasons: readonly (readonly [code: RegExp, why: string])[] = [
  [/^TOKEN_REFUSED$/, "Zoho refuses the access token"],
  [/^SECRET_UNREADABLE$/, "the stored token cannot be read with the keys that are set"],
  [/^UNKNOWN_WRITES$/, "Zoho holds writes that this database does not remember"],
  [/^(TOO_MANY_REQUESTS|RATE_LIMIT_EXCEEDED|HTTP_429)$/, "Zoho asked for fewer calls"],
  [/^(LIMIT_EXCEEDED|CREDITS.*)$/, "Zoho's credits are used up"],
  [/^(NETWORK|TIMEOUT|HTTP_5\d\d|HTTP_5XX|SERVICE_UNAVAILABLE|INTERNAL_.*)$/, "Zoho does not answer"],
  [/^(NO_PERMISSION|OAUTH_SCOPE_MISMATCH|AUTHORIZATION_FAILED)$/, "a permission is missing in Zoho"],
];

/** One sentence, wherever a pause is shown: who or what, since when, why, until when. */
export function pauseSentence(pause: Pause): Part[] {
  const { since, byName, by, code, message, until, byHand } = pause;
  const who = byHand ? `${operatorName(by, byName)} paused the sync` : "The sync paused itself";
  const why = byHand ? `: “${message}”.` : ` because ${reasonOf(pause)} (${code}).`;
  return [
    who,
    ...(since == null ? [] : [" ", { at: since, as: "ago" as const }]),
    why,
    ...(until === null
      ? [
        isOverWhenMended(code)
          ? " It stays paused until the cause is fixed and a person resumes it."
          : " It stays paused until a person resumes it.",
      ]
      : [
        byHand ? " It resumes by itself " : " It tries again by itself ",
        { at: until, as: "until" as const },
        ".",
      ]),
  ];
}

/** What changed under a question about a pause; null: nothing. */
export function meanwhileSentence(about: Pause | null, now: Pause | null): Part[] | null {
  if (now === null) return about === null ? null : ["Meanwhile the sync goes on again."];
  const isSame = about !== null && about.code === now.code && about.since === now.since;
  return isSame ? null : ["Meanwhile: ", ...pauseSentence(now)];
}

function reasonOf({ code, message }: Pause): string {
  return reasons.find(([pattern]) => pattern.test(code))?.[1] ?? message.replace(/\.$/, "");
}

function isOverWhenMended(code: string): boolean {
  return /^(TOKEN_REFUSED|SECRET_UNREADABLE|UNKNOWN_WRITES|NO_PERMISSION|OAUTH_SCOPE_MISMATCH)$/.test(code);
}
