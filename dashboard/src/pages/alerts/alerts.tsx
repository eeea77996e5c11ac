import type { AlertItem, AlertsAnswer, AlertTestAnswer, Answered } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { useLive } from "../../live/use_live.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";
import { ChannelCard } from "./channel_card.tsx";
import { MuteButtons } from "./mute_buttons.tsx";

const columns: TableColumn<AlertItem>[] = [
  {
    header: "Alert",
    isHeader: true,
    className: "wrap",
    cell: ({ title }) => title,
  },
  {
    header: "State",
    cell: ({ state }) => <Badge tone={state === "on" ? "bad" : "good"}>{state === "on" ? "on" : "off"}
    </Badge>,
  },
  { header: "Since", cell: ({ since }) => since && <Ago at={since} /> },
  {
    header: "Detail",
    className: "wrap light",
    cell: ({ detail }) => detail ?? "",
  },
  {
    header: "Last message",
    cell: ({ lastNotifiedAt, isUnsent }) =>
      isUnsent ? <Badge tone="warn">not sent yet</Badge> : lastNotifiedAt && <Time at={lastNotifiedAt} />,
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
    <PageLayout
      title="Alerts"
      lead="One message when something goes wrong, and one when it is over"
      live={live}
      aside={
        <>
          <CheckNow />
          <TestAlert />
        </>
      }
    >
      <WhenLoaded live={live} what="the alerts" lines={8}>
        {(answer) => (
          <>
            {!answer.isAnyoneNotified && (
              <p className="note warn">
                No one is notified: no channel is set up.
              </p>
            )}
            <Card
              flush
              title="What is watched"
              note={
                <>
                  Checked every minute; last check: <Ago at={answer.lastCheckedAt} />
                </>
              }
            >
              {answer.alerts.length === 0 ? <Empty icon="alerts" title="Nothing is watched yet" /> : (
                <Table
                  caption="Alerts"
                  columns={columns}
                  rows={answer.alerts}
                  rowKey={({ name }) => name}
                />
              )}
            </Card>
            <ChannelCard answer={answer} />
          </>
        )}
      </WhenLoaded>
    </PageLayout>
  );
}

function CheckNow() {
  const { busy, run } = useAction();
  const check = () =>
    run(async () => {
      await act("/alerts/check", {});
      return "Every alert was checked.";
    });
  return (
    <Button acts icon="retry" busy={busy} onClick={() => void check()}>
      Check now
    </Button>
  );
}

/** Sends a message to every channel that is set up, and says which took it. */
function TestAlert() {
  const { busy, run } = useAction();
  const test = () =>
    run(async () => {
      const { results } = await act<AlertTestAnswer>("/alerts/test", {});
      if (results.length === 0) return { bad: "No channel is set up, so no one would be notified." };
      const refused = results.filter(({ ok }) => !ok);
      const words = results.map(({ channel, ok, code }) =>
        ok ? `${channel} accepted it` : `${channel} did not (${code})`
      );
      const sentence = `Test alert: ${words.join(", ")}.`;
      return refused.length > 0 ? { bad: sentence } : sentence;
    });
  return <Button acts icon="alerts" busy={busy} onClick={() => void test()}>Send a test alert</Button>;
}
