import type { SettingsAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table } from "../../ui/table.tsx";
import { Ago, Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";

export function Channels({ settings: { channels } }: { settings: SettingsAnswer }) {
  return (
    <Card
      flush
      title="Notification channels"
      note="Zoho's notifications, besides its workflows; renewed every night"
      aside={<ChannelButton isOpen={channels.length > 0} />}
    >
      {channels.length === 0
        ? (
          <Empty icon="events" title="No channel is open">
            Workflows in Zoho call zoho-webhook directly.
          </Empty>
        )
        : (
          <Table
            caption="Notification channels"
            columns={[
              {
                header: "Channel",
                cell: ({ channelId }) => <code>{channelId}</code>,
              },
              { header: "Module", cell: ({ module }) => module },
              {
                header: "Ends",
                cell: ({ expiresAt }) => <Ago at={expiresAt} none="–" />,
              },
              {
                header: "Checked",
                cell: ({ checkedAt }) => <Time at={checkedAt} />,
              },
            ]}
            rows={channels}
            rowKey={({ channelId, module }) => `${channelId} ${module}`}
          />
        )}
    </Card>
  );
}

/** Opens the channel, or gives an open one another six days. */
function ChannelButton({ isOpen }: { isOpen: boolean }) {
  const { busy, run } = useAction();
  const action = isOpen ? "renew" : "open";
  const ask = () =>
    run(async () => {
      const { message } = await act<{ message?: string }>("/watch", { action });
      return message !== undefined
        ? { bad: `${message}.` }
        : (isOpen ? "The channel is renewed." : "The channel is open.");
    });
  return (
    <Button acts small busy={busy} onClick={() => void ask()}>
      {isOpen ? "Renew" : "Open a channel"}
    </Button>
  );
}
