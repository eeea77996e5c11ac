import type { ReactNode } from "react";
import type { Answered, EventAnswer } from "../../api/answers.ts";
import { useLive } from "../../live/use_live.ts";
import { StatusBadge } from "../../ui/badge.tsx";
import { FactList } from "../../ui/card.tsx";
import { EntityLink } from "../../ui/entity_link.tsx";
import { JsonBlock } from "../../ui/field_value.tsx";
import { Overlay } from "../../ui/overlay.tsx";
import { WhenLoaded } from "../../ui/states.tsx";
import { usePeople } from "../../live/use_people.ts";
import { type People, whoInZoho } from "../../say/who.ts";
import { MessageText } from "../../ui/markdown.tsx";
import { ZohoRecordLink } from "../../ui/places.tsx";
import { Time } from "../../ui/time.tsx";
import { Replay } from "./replay.tsx";

export function EventSheet({ id, onClose }: { id: string; onClose: () => void }) {
  const live = useLive<Answered<EventAnswer>>(`/event?${new URLSearchParams({ id })}`);
  const event = live.data?.event;
  const people = usePeople(event?.modifiedBy != null);
  return (
    <Overlay kind="sheet" title={event ? `${event.module} ${event.operation}` : "Event"} onClose={onClose}>
      <WhenLoaded live={live} what="the event">
        {({ event }) => (
          <>
            <FactList rows={factsOf(event, people)} />
            <Replay key={event.id} eventId={event.id} />
            <h3>What Zoho sent</h3>
            {event.told === null
              ? <p className="quiet">No value of this record is kept.</p>
              : <JsonBlock value={event.told} label="What Zoho sent" />}
            <p className="quiet">
              Shown for information. What happens is decided from the record itself, when it is read.
            </p>
          </>
        )}
      </WhenLoaded>
    </Overlay>
  );
}

function factsOf(event: EventAnswer["event"], people: People): Record<string, ReactNode> {
  const { entityType, entityId, number, modifiedAt, modifiedBy } = event;
  return {
    Result: <StatusBadge status={event.status} />,
    "What came of it": event.reason !== null
      ? <MessageText text={event.reason} />
      : <span className="quiet">not known yet</span>,
    Received: <Time at={event.receivedAt} />,
    "Processed": <Time at={event.appliedAt} none="not yet" />,
    "Record in Zoho": <ZohoRecordLink zohoType={event.module} id={event.recordId} />,
    "Record in CircleTel": entityType && entityId
      ? <EntityLink type={entityType} id={entityId} number={number} />
      : undefined,
    "Changed in Zoho": modifiedAt ? <Time at={modifiedAt} /> : undefined,
    "Changed by": modifiedBy ? whoInZoho(modifiedBy, people) : undefined,
  };
}
