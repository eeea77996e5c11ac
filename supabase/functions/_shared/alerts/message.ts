import { MINUTE } from "../platform/duration.ts";
import { titleOf } from "./conditions.ts";

/** An alert that began or ended and has to be sent. */
export interface Telling {
  name: string;
  state: "on" | "off";
  since: string;
  beganAt: string | null;
  detail: string | null;
}

export interface Message {
  /** The alerts of the message; empty for a test. */
  tellings: Telling[];
  sentAt: string;
  /** One line: a mail's subject, a phone's notification. */
  subject: string;
  /** A line for every alert. */
  lines: string[];
  link: string | null;
}

/** What began and what ended, in one message, since simultaneous alerts usually have one cause. */
export function messageOf(tellings: Telling[], link: string | null, nowMs: number): Message {
  const [first] = tellings;
  const others = tellings.length - 1;
  return {
    tellings,
    sentAt: new Date(nowMs).toISOString(),
    subject: `Zoho sync: ${first ? headline(first) : "nothing"}${others > 0 ? `, and ${others} more` : ""}`,
    lines: tellings.map(line),
    link,
  };
}

/** A test message. */
export function testMessage(link: string | null, nowMs: number): Message {
  return {
    tellings: [],
    sentAt: new Date(nowMs).toISOString(),
    subject: "Zoho sync: a test",
    lines: ["TEST An operator asked for this message. Alerts of the Zoho sync arrive here."],
    link,
  };
}

function headline({ name, state }: Telling): string {
  return state === "on" ? titleOf(name) : `over: ${titleOf(name)}`;
}

function line(telling: Telling): string {
  const { state, detail, since, beganAt } = telling;
  if (state === "on") return `ALERT ${headline(telling)}${detail === null ? "" : `: ${detail}`}`;
  const minutes = lastedMinutes(since, beganAt);
  return `OVER ${titleOf(telling.name)}${minutes > 0 ? ` (it lasted ${minutes} min)` : ""}`;
}

function lastedMinutes(since: string, beganAt: string | null): number {
  return beganAt === null ? 0 : Math.round((Date.parse(since) - Date.parse(beganAt)) / MINUTE);
}

/** For programs; docs/alerts.md lists every field. Fields may be added, but none changes its meaning within a version. */
export function hookBody({ tellings, sentAt, link }: Message) {
  return {
    type: "zoho_sync.alerts",
    version: 1,
    sentAt,
    isTest: tellings.length === 0,
    link,
    alerts: tellings.map(({ name, state, since, beganAt, detail }) => ({
      name,
      state,
      title: titleOf(name),
      detail,
      since,
      lastedMinutes: state === "on" ? null : lastedMinutes(since, beganAt),
    })),
  };
}

/** As Slack's incoming webhooks take it: `text` is the notification, `blocks` the message. */
export function slackBody({ subject, lines, link }: Message) {
  const text = [...lines.map(escapeMrkdwn), ...(link === null ? [] : [`<${link}|Open the dashboard>`])];
  return {
    text: escapeMrkdwn(subject),
    blocks: [{ type: "section", text: { type: "mrkdwn", text: text.join("\n") } }],
  };
}

/** Slack reads &, < and > as its own signs (formatting page). */
function escapeMrkdwn(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

/** As Resend's API takes it (send-email page); others understand the same four fields. */
export function mailBody({ subject, lines, link }: Message, email: { from: string; to: string[] }) {
  const text = [...lines, ...(link === null ? [] : ["", link])].join("\n");
  return { from: email.from, to: email.to, subject, text };
}
