import type { AlertItem, AlertsAnswer, Answered } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useLive } from "../../live/use_live.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { type Column, Table } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";
import { MuteButtons } from "./mute_buttons.tsx";

const columns: Column<AlertItem>[] = [
  {
    header: "Alert",
    isHeader: true,
    className: "wrap",
    cell: ({ title }) => title,
  },
  {
    header: "State",
    cell: ({ state }) => (
      <Badge tone={state === "on" ? "bad" : "good"}>{state === "on" ? "on" : "all well"}</Badge>
    ),
  },
  { header: "Since", cell: ({ since }) => <Ago at={since} none="–" /> },
  {
    header: "Detail",
    className: "wrap light",
    cell: ({ detail }) => detail ?? "",
  },
  {
    header: "Last told",
    cell: ({ lastNotifiedAt, isUnsent }) =>
      isUnsent ? <Badge tone="warn">not sent yet</Badge> : <Time at={lastNotifiedAt} none="–" />,
  },
  {
    header: "Mute",
    right: true,
    cell: (alert) => <MuteButtons alert={alert} />,
  },
];

export function AlertsPage() {
  const live = useLive<Answered<AlertsAnswer>>("/alerts");
  return (
    <Page
      title="Alerts"
      lead="Told once when something turns bad, and once when it is well again"
      live={live}
      aside={<CheckNow />}
    >
      <Shown live={live} what="the alerts" lines={8}>
        {({ alerts, channels, lastCheckedAt }) => (
          <Card
            flush
            title="What is watched"
            note={
              <>
                Looked at every minute, last <Ago at={lastCheckedAt} />
              </>
            }
            aside={
              <>
                <Badge tone={channels.webhook ? "good" : "neutral"}>
                  {channels.webhook ? "webhook" : "no webhook"}
                </Badge>
                <Badge tone={channels.email ? "good" : "neutral"}>
                  {channels.email ? "e-mail" : "no e-mail"}
                </Badge>
                <Badge tone={channels.heartbeat ? "good" : "neutral"}>
                  {channels.heartbeat ? "heartbeat" : "no heartbeat"}
                </Badge>
              </>
            }
          >
            {alerts.length === 0
              ? <Empty icon="alerts" title="Nothing is watched yet" />
              : <Table caption="Alerts" columns={columns} rows={alerts} rowKey={({ name }) => name} />}
          </Card>
        )}
      </Shown>
    </Page>
  );
}

function CheckNow() {
  const { busy, run } = useAction();
  const check = () =>
    run(async () => {
      await act("/alerts/check", {});
      return "Every alert was looked at.";
    });
  return (
    <Button icon="retry" busy={busy} onClick={() => void check()}>
      Check now
    </Button>
  );
}
