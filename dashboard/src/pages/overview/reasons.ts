import type { HealthReason } from "../../api/answers.ts";
import { linkTo } from "../../route/route.ts";

/** Where a person resolves what a reason of the health sentence names. */
export const reasonLinks: Readonly<Record<HealthReason["code"], string>> = {
  PAUSED: linkTo("queue"),
  PAUSED_BY_HAND: linkTo("queue"),
  MODULE_RESTS: linkTo("queue"),
  TOKEN_REFUSED: linkTo("settings"),
  NOT_THIS_PROJECT: linkTo("settings"),
  WRONG_ORG: linkTo("settings"),
  OBSERVING: linkTo("settings"),
  UNKNOWN_WRITES: linkTo("problems"),
  FORGOTTEN_WRITES: linkTo("problems"),
  DEAD_LETTERS: linkTo("problems"),
  LATE_CHANGES: linkTo("queue"),
  CREDITS_LOW: linkTo("settings"),
  CREDITS_SPENT: linkTo("settings"),
  CHANNEL_EXPIRED: linkTo("settings"),
  CHANNEL_SILENT: linkTo("settings"),
  FAILED_EVENTS: linkTo("events", "", { status: "failed" }),
  NOTICES: linkTo("problems"),
  QUESTIONS: linkTo("problems"),
  ACCOUNT_QUESTIONS: linkTo("problems"),
  FIELD_PROBLEMS: linkTo("settings"),
  DRIFT: linkTo("reconcile"),
  ALERTS_SILENT: linkTo("alerts"),
};
