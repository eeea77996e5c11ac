import type { ReactNode } from "react";
import type { Answered, EventAnswer } from "../../api/answers.ts";
import { useLive } from "../../live/use_live.ts";
import { linkTo } from "../../route/route.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { Facts } from "../../ui/card.tsx";
import { Json } from "../../ui/field_value.tsx";
import { Overlay } from "../../ui/overlay.tsx";
import { Shown } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { Replay } from "./replay.tsx";

export function EventSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const live = useLive<Answered<EventAnswer>>(`/event?${new URLSearchParams({ id })}`);
  const event = live.data?.event;
  return (
    <Overlay kind="sheet" title={event ? `${event.module} ${event.operation}` : "Event"} onClose={onClose}>
      <Shown live={live} what="the event">
        {({ event }) => (
          <>
            <Facts rows={factsOf(event)} />
            <Replay key={event.id} eventId={event.id} />
            <h3>Body, as far as it is stored</h3>
            <Json value={event.body} label="Body of the event" />
          </>
        )}
      </Shown>
    </Overlay>
  );
}

function factsOf(event: EventAnswer["event"]): Record<string, ReactNode> {
  const { contractNumber, nextAttemptAt } = event;
  return {
    Result: <StatusBadge status={event.status} />,
    "What it did": event.reason ?? <span className="quiet">nothing was said</span>,
    Received: <Time at={event.receivedAt} />,
    Applied: <Time at={event.appliedAt} none="not yet" />,
    Tries: event.attempts,
    "Records in Zoho": <code>{event.recordIds.join(", ")}</code>,
    Contract: contractNumber ? <a href={linkTo("contract", contractNumber)}>{contractNumber}</a> : undefined,
    "Next try": nextAttemptAt ? <Time at={nextAttemptAt} /> : undefined,
  };
}
