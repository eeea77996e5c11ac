import type { ReactNode } from "react";
import type { StatusAnswer } from "../../api/answers.ts";
import { linkTo } from "../../route/route.ts";
import { Card, FactList } from "../../ui/card.tsx";
import { channelSays, tokenSays } from "../../say/connections.ts";
import { Parts } from "../../ui/parts.tsx";
import { Ago } from "../../ui/time.tsx";
import { count, wholeText } from "../../ui/words.ts";

/** What the sync depends on, one line each. */
export function Connections({ status }: { status: StatusAnswer }) {
  const { events, alerts, queue, lastDrainAt, isDraining } = status;
  const openEvents = events.open + events.failed;
  const rows = {
    "Held records": queue.held > 0
      ? <a href={linkTo("queue")}>{`${count(queue.held, "record waits", "records wait")} until released`}</a>
      : undefined,
    "Last drain of the queue": isDraining ? "now" : <Ago at={lastDrainAt} />,
    "Access token": tokenLine(status),
    "Zoho's notifications": <Parts parts={channelSays(status)} />,
    Events: (
      <a href={linkTo("events", "", { ...(events.failed > 0 && { status: "failed" }) })}>
        {openEvents === 0 ? "all handled" : `${events.open} not looked at yet, ${events.failed} failed`}
      </a>
    ),
    "Webhook calls refused, 24 h": wholeText(events.refusals24h),
    "Last reconciliation": reconcileLine(status),
    Alerts: (
      <a href={linkTo("alerts")}>
        {`${alerts.on.length === 0 ? "none is on" : `${alerts.on.length} on`}${
          alerts.isAnyoneNotified ? "" : "; no one is notified"
        }`}
      </a>
    ),
  };
  return (
    <Card title="Connections" note="What the sync depends on">
      <FactList rows={rows} />
    </Card>
  );
}

function tokenLine(status: StatusAnswer): ReactNode {
  const { token } = status;
  if (token?.errorCode) {
    return <a href={linkTo("docs", `errors/${token.errorCode}`)}>{`refused: ${token.errorCode}`}</a>;
  }
  return <Parts parts={tokenSays(status)} />;
}

function reconcileLine({ lastReconcile }: StatusAnswer): ReactNode {
  if (!lastReconcile) return <a href={linkTo("reconcile")}>never</a>;
  return (
    <>
      <Ago at={lastReconcile.startedAt} />,{" "}
      <a href={linkTo("reconcile")}>{count(lastReconcile.differences ?? 0, "difference")}</a>
    </>
  );
}
