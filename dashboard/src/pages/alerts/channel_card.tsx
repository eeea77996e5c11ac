import { useState } from "react";
import type { AlertChannelRequest, AlertsAnswer } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { linkTo } from "../../route/route.ts";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { useAction } from "../../ui/use_action.ts";
import { ChannelForm } from "./channel_form.tsx";

type Channel = keyof AlertsAnswer["channels"];
type Settable = AlertChannelRequest["channel"];

const channelWords: readonly (readonly [channel: Channel, title: string, meaning: string])[] = [
  ["webhook", "Chat webhook", "a message to Slack, Mattermost, Rocket.Chat or Discord"],
  ["hook", "JSON webhook", "a documented payload to a program of your own"],
  ["email", "E-mail", "set by variables of the functions"],
  ["heartbeat", "Heartbeat", "a ping while all is well; set by a variable of the functions"],
];

const isSettable = (channel: Channel): channel is Settable => channel === "webhook" || channel === "hook";

/** Where alerts go. An address that is stored is shown to no one again. */
export function ChannelCard({ answer: { channels, stored } }: { answer: AlertsAnswer }) {
  return (
    <Card
      title="Where alerts go"
      note="Addresses are stored sealed and are not shown again"
      aside={<a className="button small" href={linkTo("docs", "alerts")}>How to set one up</a>}
    >
      <ul className="stack">
        {channelWords.map(([channel, title, meaning]) => (
          <li key={channel} className="row spread">
            <span className="stack-tight">
              <strong>{title}</strong>
              <span className="light">{meaning}</span>
            </span>
            <span className="row">
              <Badge tone={channels[channel] ? "good" : "neutral"}>
                {channels[channel] ? "set" : "not set"}
              </Badge>
              {isSettable(channel) && (!channels[channel] || stored.includes(channel)) && (
                <ChannelButtons channel={channel} title={title} isSet={channels[channel]} />
              )}
              {isSettable(channel) && channels[channel] && !stored.includes(channel) && (
                <span className="quiet">by a variable of the functions</span>
              )}
            </span>
          </li>
        ))}
      </ul>
    </Card>
  );
}

function ChannelButtons({ channel, title, isSet }: { channel: Settable; title: string; isSet: boolean }) {
  const [asking, setAsking] = useState<"set" | "remove" | null>(null);
  const { busy, run } = useAction();
  const close = () => setAsking(null);
  async function store(request: AlertChannelRequest, said: string): Promise<void> {
    await run(async () => {
      await act("/alerts/channels", { ...request });
      return said;
    }, close);
  }
  return (
    <>
      <Button acts small onClick={() => setAsking("set")}>
        {isSet ? "Replace" : "Set up"}
        <span className="hidden-text">&nbsp;{title}</span>
      </Button>
      {isSet && (
        <Button acts small kind="ghost" onClick={() => setAsking("remove")}>
          Remove<span className="hidden-text">&nbsp;{title}</span>
        </Button>
      )}
      {asking === "set" && (
        <ChannelForm
          {...{ channel, title, busy }}
          onClose={close}
          onSubmit={(request) => void store(request, `${title}: set up. Send a test alert to try it.`)}
        />
      )}
      {asking === "remove" && (
        <Confirm
          title={`Remove the ${title}?`}
          label="Remove"
          busy={busy}
          onClose={close}
          onConfirm={() => void store({ channel, url: null }, `${title}: removed.`)}
        >
          <p>Its address is deleted, and no alert goes there any more.</p>
        </Confirm>
      )}
    </>
  );
}
