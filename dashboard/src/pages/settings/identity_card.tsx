import { useState } from "react";
import type { Answered, DatabaseAdopted, IdentityAnswer } from "../../api/answers.ts";
import { act, read } from "../../api/call.ts";
import { sentenceOf } from "../../api/error.ts";
import type { StatusAnswer } from "../../api/answers.ts";
import { announce } from "../../ui/announce.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card, FactList } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";

/** Whose database this is, and which org it writes to; another project's functions write nothing until a person adopts it. */
export function IdentityCard({ identity }: { identity: StatusAnswer["identity"] }) {
  const { projectHost, askedBy, isOwn, orgId, pinnedAt, observingSince } = identity;
  return (
    <Card
      title="Database and org"
      aside={isOwn ? <Observe isObserving={observingSince !== null} /> : <Adopt />}
    >
      <FactList
        rows={{
          "This database belongs to": (
            <span className="row">
              {projectHost ?? <span className="quiet">none yet; the first drain sets it</span>}
              {projectHost !== null && !isOwn && (
                <Badge tone="bad">{`this page: ${askedBy ?? "another project"}`}</Badge>
              )}
            </span>
          ),
          "Zoho org": orgId === null
            ? <span className="quiet">not known before the first write</span>
            : <code>{orgId}</code>,
          Since: pinnedAt ? <Time at={pinnedAt} /> : undefined,
          Writes: observingSince
            ? (
              <span className="row">
                <Badge tone="warn">observing</Badge> nothing is written, since <Time at={observingSince} />
              </span>
            )
            : isOwn
            ? "yes"
            : <Badge tone="bad">no, until it is adopted</Badge>,
        }}
      />
    </Card>
  );
}

/** Reads which org the credentials belong to, shows it, and adopts. */
function Adopt() {
  const [found, setFound] = useState<IdentityAnswer | null>(null);
  const [isReading, setReading] = useState(false);
  const [takeOver, setTakeOver] = useState(false);
  const { busy, run } = useAction();
  async function look(): Promise<void> {
    setReading(true);
    try {
      setFound(await read<Answered<IdentityAnswer>>("/identity"));
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setReading(false);
    }
  }
  async function adopt(): Promise<void> {
    await run(async () => {
      await act<DatabaseAdopted>("/adopt", { org: found?.credentialsOrg, takeOver });
      return "The database now belongs to this project.";
    }, () => setFound(null));
  }
  return (
    <>
      <Button acts small kind="primary" busy={isReading} onClick={() => void look()}>Adopt …</Button>
      {found && (
        <Confirm
          title="Adopt this database?"
          onClose={() => setFound(null)}
          label="Adopt it"
          busy={busy}
          onConfirm={() => void adopt()}
        >
          <p>
            From now on <strong>{found.identity.askedBy}</strong> writes for this database, to the Zoho org
            {" "}
            <code>{found.credentialsOrg}</code>. Until now it belonged to{" "}
            <strong>{found.identity.projectHost ?? "no project"}</strong>.
          </p>
          <label className="check">
            <input
              type="checkbox"
              checked={takeOver}
              onChange={(event) => setTakeOver(event.target.checked)}
            />
            The other project is stopped; this one takes over its Zoho org
          </label>
        </Confirm>
      )}
    </>
  );
}

/** Plans and compares, and writes nothing, until it is switched off. */
function Observe({ isObserving }: { isObserving: boolean }) {
  // What is asked stays as it was when the dialog opened: a colleague may switch meanwhile.
  const [asked, setAsked] = useState<{ on: boolean } | null>(null);
  const { busy, run } = useAction();
  const labelOf = (on: boolean) => (on ? "Only observe" : "Write again");
  const change = (on: boolean) =>
    run(async () => {
      await act("/observe", { on });
      return on ? "Nothing is written from now on." : "Changes are written again.";
    }, () => setAsked(null));
  return (
    <>
      <Button acts small onClick={() => setAsked({ on: !isObserving })}>{labelOf(!isObserving)}</Button>
      {asked && (
        <Confirm
          title={`${labelOf(asked.on)}?`}
          onClose={() => setAsked(null)}
          label={labelOf(asked.on)}
          busy={busy}
          onConfirm={() => void change(asked.on)}
        >
          <p>
            {asked.on
              ? "Changes are planned and compared, and nothing is written, here or in Zoho, until it is switched off."
              : "What differs is written again, in Zoho and in CircleTel."}
          </p>
        </Confirm>
      )}
    </>
  );
}
