export type AlertName =
  | "not_this_project"
  | "oldest_unsent"
  | "dead_letters"
  | "paused"
  | "token_refused"
  | "channel_silent"
  | "credits"
  | "drift"
  | "questions"
  | "account_questions"
  | "old_questions"
  | "unsent_compliance"
  | "field_problems"
  | "alerts_silent";

export interface AlertsCheckAnswer {
  /** What changed at this check. */
  changed: { name: AlertName; state: "on" | "off" }[];
  sent: number;
  failed: number;
}
