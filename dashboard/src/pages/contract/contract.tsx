import { operatorName } from "../../say/who.ts";
import { useEffect, useState } from "react";
import type { Answered, ContractAnswer } from "../../api/answers.ts";
import { ApiError } from "../../api/error.ts";
import { useLive } from "../../live/use_live.ts";
import { linkTo } from "../../route/route.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { PageLayout } from "../../ui/page.tsx";
import { Empty, WhenLoaded } from "../../ui/states.tsx";
import { Time } from "../../ui/time.tsx";
import { entityWords } from "../../ui/words.ts";
import { Questions } from "../questions/questions.tsx";
import { BothSides } from "./both_sides.tsx";
import { ForceSync } from "./force_sync.tsx";
import { PersonCard } from "./person_card.tsx";
import { rememberRecord, seenRecords } from "./seen.ts";
import { Story } from "./story.tsx";
import { Summary } from "./summary.tsx";

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

export function ContractPage({ route }: PageProps) {
  return route.rest === "" ? <FindContract /> : <OneEntity key={route.rest} name={route.rest} />;
}

/** The field in the header finds everything; here is what was looked at before. */
function FindContract() {
  const seen = seenRecords();
  return (
    <PageLayout
      title="Records"
      lead="Both sides of a contract, quote, invoice or customer, and what happened to it"
    >
      {seen.length > 0 && (
        <Card title="Opened before">
          <ul className="row">
            {seen.map(({ address, title }) => (
              <li key={address}>
                <a className="button" href={linkTo("contract", address)}>{title}</a>
              </li>
            ))}
          </ul>
        </Card>
      )}
      <Empty icon="search" title="Which one?">
        <p>
          Press <kbd>/</kbd>{" "}
          or use the field above: any part of a number, a company, a person, an id of Zoho, or a link into
          Zoho.
        </p>
        <Button
          kind="primary"
          icon="search"
          onClick={() => document.querySelector<HTMLInputElement>(".find input")?.focus()}
        >
          Find a record
        </Button>
      </Empty>
    </PageLayout>
  );
}

function Held({ hold: { reason, by, byName, since, until } }: { hold: NonNullable<ContractAnswer["hold"]> }) {
  return (
    <p className="note warn">
      <span>
        {`${operatorName(by, byName)} holds this record${reason ? `: “${reason}”` : ""}, since `}
        <Time at={since} />
        {until ? ", until " : ", until it is released."}
        {until && <Time at={until} />}
      </span>
    </p>
  );
}

/** By number, or by the id of an entity that has none. */
function OneEntity({ name }: { name: string }) {
  const [isLive, setLive] = useState(false);
  const [isEverything, setEverything] = useState(false);
  // Reading Zoho costs a credit, so that side is read on demand and then once a minute.
  const live = useLive<Answered<ContractAnswer>>(
    `/contract?${new URLSearchParams({
      [UUID.test(name) ? "id" : "number"]: name,
      ...(isLive && { live: "true" }),
      limit: "50",
    })}`,
    isLive ? 60_000 : undefined,
  );
  const { data } = live;
  const title = data ? data.number ?? data.name ?? shortName(data.entityType, data.entityId) : name;
  const isKnown = data !== undefined;
  useEffect(() => {
    if (isKnown) rememberRecord({ address: name, title });
  }, [isKnown, name, title]);
  const isUnknown = live.error instanceof ApiError && live.error.status === 404;
  return (
    <PageLayout
      title={data ? (data.number ?? shortName(data.entityType, data.entityId)) : name}
      lead={data && [entityWords[data.entityType], data.name].filter(Boolean).join(" · ")}
      live={live}
      aside={live.data && (
        <>
          <Button
            icon="search"
            busy={isLive && live.isFetching}
            aria-pressed={isLive}
            onClick={() => setLive(!isLive)}
          >
            {isLive ? "Show what Zoho confirmed" : "Read Zoho now"}
          </Button>
          {!live.data.isGone && <ForceSync contract={live.data} />}
        </>
      )}
    >
      {isUnknown
        ? (
          <Empty icon="search" title={`There is no ${name}`}>
            <a href={linkTo("contract")}>Find another record</a>
          </Empty>
        )
        : (
          <WhenLoaded live={live} what="the contract" lines={9}>
            {(contract) => (
              <>
                <Questions questions={contract.questions} />
                {contract.hold && <Held hold={contract.hold} />}
                <Summary contract={contract} />
                <BothSides
                  {...{ contract, isLive, isEverything }}
                  readAtMs={live.asOfMs}
                  onEverything={setEverything}
                />
                {contract.entityType === "customer" && <PersonCard contract={contract} />}
                <Story contract={contract} live={live} />
              </>
            )}
          </WhenLoaded>
        )}
    </PageLayout>
  );
}
