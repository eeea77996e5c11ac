import type { StatusAnswer } from "../status/answer.ts";
import { alertNames } from "./conditions.ts";

/** One metric as Prometheus reads it (text format 0.0.4). Counts, times and codes; no row, name or id. */
interface Metric {
  name: string;
  help: string;
  samples: (status: StatusAnswer) => Sample[];
}
type Sample = [value: number | null, labels?: Record<string, string>];

const lanes = ["compliance", "ordinary", "backfill"];
const seconds = (moment: string | null | undefined) => moment ? Date.parse(moment) / 1000 : null;

/** All are gauges: each is read from the database as it is now. */
const metrics: readonly Metric[] = [
  {
    name: "queue_changes",
    help: "Changes in the queue.",
    samples: ({ queue }) =>
      queue.counts.map(({ lane, status, count }) => [count, { lane: lanes[lane] ?? String(lane), status }]),
  },
  {
    name: "queue_waiting",
    help: "Changes that are not in Zoho and not dead.",
    samples: ({ queue }) => [[queue.waiting]],
  },
  {
    name: "dead_letters",
    help: "Changes that need a person: retries will not fix them.",
    samples: ({ queue }) => [[queue.dead]],
  },
  {
    name: "held_entities",
    help: "Entities that a person holds.",
    samples: ({ queue }) => [[queue.held]],
  },
  {
    name: "oldest_unsent_seconds",
    help: "Age of the oldest change of lanes compliance and ordinary that is not in Zoho; 0 when none waits.",
    samples: ({ queue }) => [[queue.oldestUnsentSeconds ?? 0]],
  },
  {
    name: "paused",
    help: "1 while sending is paused.",
    samples: ({ paused }) => [[paused ? 1 : 0, { code: paused?.code ?? "" }]],
  },
  {
    name: "attempts_24h",
    help: "Attempts of the last 24 hours by result.",
    samples: ({ day }) => [[day.succeeded, { result: "success" }], [day.failed, { result: "failed" }]],
  },
  {
    name: "latency_24h_milliseconds",
    help: "From the commit of an edit to its settlement, last 24 hours.",
    samples: ({ day }) => [[day.p50Ms, { quantile: "0.5" }], [day.p95Ms, { quantile: "0.95" }]],
  },
  {
    name: "credits_used_24h",
    help: "Zoho API credits that this project used in a rolling day.",
    samples: ({ credits }) => [[credits.used]],
  },
  {
    name: "credits_budget",
    help: "Zoho API credits that this project may use in a rolling day.",
    samples: ({ credits }) => [[credits.budget]],
  },
  {
    name: "questions_open",
    help: "Questions that wait for a person.",
    samples: ({ questions, accountQuestions }) => [
      [questions.open, { about: "records" }],
      [accountQuestions.open, { about: "accounts" }],
    ],
  },
  {
    name: "notices_open",
    help: "Unread notices.",
    samples: ({ notices }) => [[notices.open]],
  },
  {
    name: "field_problems",
    help: "Fields in Zoho that are missing or not as needed.",
    samples: ({ fieldProblems }) => [[fieldProblems.open]],
  },
  {
    name: "reconcile_differences",
    help: "Differences that the last comparison found.",
    samples: ({ lastReconcile }) => [[lastReconcile?.differences ?? null]],
  },
  {
    name: "last_reconcile_timestamp_seconds",
    help: "End of the last comparison.",
    samples: ({ lastReconcile }) => [[seconds(lastReconcile?.finishedAt)]],
  },
  {
    name: "last_write_timestamp_seconds",
    help: "Last attempt that Zoho confirmed.",
    samples: ({ lastWriteAt }) => [[seconds(lastWriteAt)]],
  },
  {
    name: "last_heard_timestamp_seconds",
    help: "Last hint from Zoho.",
    samples: ({ lastHeardAt }) => [[seconds(lastHeardAt)]],
  },
  {
    name: "last_drain_timestamp_seconds",
    help: "Last time a drain looked at the queue.",
    samples: ({ lastDrainAt }) => [[seconds(lastDrainAt)]],
  },
  {
    name: "token_expires_timestamp_seconds",
    help: "End of Zoho's access token.",
    samples: ({ token }) => [[seconds(token?.expiresAt)]],
  },
  {
    name: "channel_expires_timestamp_seconds",
    help: "End of the notification channel, by module.",
    samples: ({ channels }) =>
      channels.map(({ module, expiresAt }): Sample => [seconds(expiresAt), { module }]),
  },
  {
    name: "alert",
    help: "1 while an alert is on.",
    samples: ({ alerts }) =>
      alertNames.map((alert): Sample => [alerts.on.includes(alert) ? 1 : 0, { alert }]),
  },
];

/** The page that a scrape reads; unknown values have no line. */
export function metricsOf(status: StatusAnswer): string {
  return metrics.flatMap(({ name, help, samples }) => {
    const lines = samples(status).flatMap(([value, labels = {}]) =>
      value === null ? [] : [`zoho_sync_${name}${labelsOf(labels)} ${value}`]
    );
    return lines.length === 0
      ? []
      : [`# HELP zoho_sync_${name} ${help}`, `# TYPE zoho_sync_${name} gauge`, ...lines];
  }).join("\n") + "\n";
}

function labelsOf(labels: Record<string, string>): string {
  const parts = Object.entries(labels).map(([name, value]) =>
    `${name}="${value.replaceAll("\\", "\\\\").replaceAll('"', '\\"').replaceAll("\n", "\\n")}"`
  );
  return parts.length === 0 ? "" : `{${parts.join(",")}}`;
}
