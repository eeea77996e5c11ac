import { type SubmitEvent, useState } from "react";
import type { Answered, ContractAnswer } from "../../api/answers.ts";
import { ApiError } from "../../api/error.ts";
import { useLive } from "../../live/use_live.ts";
import { linkTo } from "../../route/route.ts";
import { go } from "../../route/use_route.ts";
import type { PageProps } from "../../shell/page_props.ts";
import { Button } from "../../ui/button.tsx";
import { shortName } from "../../ui/entity_link.tsx";
import { Page } from "../../ui/page.tsx";
import { Empty, Shown } from "../../ui/states.tsx";
import { entityWords } from "../../ui/words.ts";
import { Questions } from "../questions/questions.tsx";
import { BothSides } from "./both_sides.tsx";
import { ForceSync } from "./force_sync.tsx";
import { Story } from "./story.tsx";
import { Summary } from "./summary.tsx";

const UUID = /^[0-9a-f]{8}-[0-9a-f-]{27}$/i;

export function ContractPage({ route }: PageProps) {
  return route.rest === "" ? <FindContract /> : <OneEntity key={route.rest} name={route.rest} />;
}

function FindContract() {
  function submit(event: SubmitEvent<HTMLFormElement>): void {
    event.preventDefault();
    const number = new FormData(event.currentTarget).get("number");
    if (typeof number === "string" && number.trim()) {
      go(linkTo("contract", number.trim()));
    }
  }
  return (
    <Page title="Contract" lead="Both sides of a contract or quote, field by field, and its whole history">
      <form className="card card-body row" onSubmit={submit} aria-label="Open a contract">
        <label htmlFor="number">Number</label>
        <input
          id="number"
          name="number"
          className="input"
          placeholder="CT-2026-001 or BQ-2026-001"
          autoComplete="off"
          spellCheck={false}
          required
        />
        <Button kind="primary" type="submit">
          Open
        </Button>
      </form>
      <Empty icon="search" title="Which one?">
        Type its number here, or press <kbd>/</kbd> on any page.
      </Empty>
    </Page>
  );
}

/** By number, or by the id of an entity that has none. */
function OneEntity({ name }: { name: string }) {
  const [isLive, setLive] = useState(false);
  const [isEverything, setEverything] = useState(false);
  // Reading Zoho costs a credit, so that side is read when somebody asks and then once a minute.
  const live = useLive<Answered<ContractAnswer>>(
    `/contract?${new URLSearchParams({
      [UUID.test(name) ? "id" : "number"]: name,
      ...(isLive && { live: "true" }),
      limit: "50",
    })}`,
    isLive ? 60_000 : undefined,
  );
  const { data } = live;
  const isUnknown = live.error instanceof ApiError && live.error.status === 404;
  return (
    <Page
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
            <a href={linkTo("contract")}>Look for another number</a>
          </Empty>
        )
        : (
          <Shown live={live} what="the contract" lines={9}>
            {(contract) => (
              <>
                <Questions questions={contract.questions} />
                <Summary contract={contract} />
                <BothSides {...{ contract, isLive, isEverything }} onEverything={setEverything} />
                <Story contract={contract} live={live} />
              </>
            )}
          </Shown>
        )}
    </Page>
  );
}
