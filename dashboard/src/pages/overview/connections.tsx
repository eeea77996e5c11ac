import type { ReactNode } from "react";
import type { StatusAnswer } from "../../api/answers.ts";
import { linkTo } from "../../route/route.ts";
import { Card, Facts } from "../../ui/card.tsx";
import { Ago } from "../../ui/time.tsx";
import { count, whole } from "../../ui/words.ts";

/** What the sync stands on, one line each. */
export function Connections({ status }: { status: StatusAnswer }) {
  const { events, alerts, lastDrainAt, isDraining } = status;
  const openEvents = events.open + events.failed;
  const rows = {
    "Queue last worked": isDraining ? "now" : <Ago at={lastDrainAt} />,
    "Access token": tokenLine(status),
    "Zoho's notifications": channelLine(status),
    Events: openEvents === 0 ? "all looked at" : `${events.open} open, ${events.failed} failed`,
    "Webhook calls refused, 24 h": whole(events.refusals24h),
    "Last reconciliation": reconcileLine(status),
    Alerts: alerts.on.length === 0 ? "none is on" : <a href={linkTo("alerts")}>{`${alerts.on.length} on`}</a>,
  };
  return (
    <Card title="Connections" note="What the sync stands on">
      <Facts rows={rows} />
    </Card>
  );
}

function tokenLine({ token }: StatusAnswer): ReactNode {
  if (!token) return "none yet";
  if (token.errorCode) {
    return <a href={linkTo("settings")}>{`refused: ${token.errorCode}`}</a>;
  }
  return (
    <>
      good, renewed before it ends <Ago at={token.expiresAt} />
    </>
  );
}

function channelLine({ channels: [channel] }: StatusAnswer): ReactNode {
  if (!channel) return "no channel; workflows only";
  return (
    <>
      channel renewed before it ends <Ago at={channel.expiresAt} none="at no set time" />
    </>
  );
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
