import type { ReconcileAnswer } from "../../api/answers.ts";
import { useState } from "react";
import { readText } from "../../api/call.ts";
import { sentenceOf } from "../../api/error.ts";
import { announce } from "../../ui/announce.tsx";
import { Badge } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Tile, Tiles } from "../../ui/card.tsx";
import { Confirm } from "../../ui/confirm.tsx";
import { Ago } from "../../ui/time.tsx";
import { count, wholeText } from "../../ui/words.ts";
import { saveAs } from "../../ui/save_as.ts";
import { useRepair } from "./use_repair.ts";

const TONES = { running: "neutral", finished: "good", failed: "bad" } as const;

export function RunSummary({ report: { line, run, counts } }: { report: ReconcileAnswer }) {
  // What is asked stays as it was when the dialog opened: another comparison may begin meanwhile.
  const [asked, setAsked] = useState<{ run: string; wrong: number } | null>(null);
  const wrong = counts.differs + counts.missing;

  async function download(): Promise<void> {
    try {
      const csv = await readText(`/reconcile.csv?${new URLSearchParams({ run: run.id })}`);
      saveAs(`reconcile-${run.startedAt.slice(0, 10)}.csv`, "text/csv", csv);
      announce("The report is saved as CSV.");
    } catch (error) {
      announce(`The report could not be saved: ${sentenceOf(error)}`, "bad");
    }
  }

  return (
    <>
      <section className="card" aria-label="The last comparison">
        <div className="card-head">
          <div>
            <p className="report-line">{line}</p>
            <p>
              {run.kind === "full" ? "Everything" : "What changed since the last one"}, begun{" "}
              <Ago at={run.startedAt} />, {wholeText(run.calls)} calls, {wholeText(run.credits)} credits
            </p>
          </div>
          <div className="row">
            <Badge tone={TONES[run.status]}>{run.status}</Badge>
            <Button small icon="download" onClick={() => void download()}>CSV</Button>
            <Button
              acts
              small
              icon="retry"
              disabled={wrong === 0}
              onClick={() => setAsked({ run: run.id, wrong })}
            >
              {`Repair all ${wholeText(wrong)}`}
            </Button>
          </div>
        </div>
        {run.error && <p className="note bad">{`${run.error.code}: ${run.error.message ?? ""}`}</p>}
        <Tiles label="Records by verdict">
          <Tile label="Match" value={wholeText(counts.match)} tone="good" note="both sides say the same" />
          <Tile
            label="Differ"
            value={wholeText(counts.differs)}
            note="a field or a link"
            {...(counts.differs > 0 && { tone: "warn" as const })}
          />
          <Tile
            label="Missing"
            value={wholeText(counts.missing)}
            note="not in Zoho"
            {...(counts.missing > 0 && { tone: "warn" as const })}
          />
          <Tile label="Extra" value={wholeText(counts.extra)} note="in Zoho, not in CircleTel" />
          <Tile label="On their way" value={wholeText(counts.queued)} note="changed meanwhile" />
        </Tiles>
      </section>
      {asked && <RepairAll {...asked} onClose={() => setAsked(null)} />}
    </>
  );
}

function RepairAll({ run, wrong, onClose }: { run: string; wrong: number; onClose: () => void }) {
  const [recreateDeleted, setRecreate] = useState(false);
  const { busy, repair } = useRepair(run);
  const start = () => repair(undefined, { recreateDeleted }, onClose);
  return (
    <Confirm
      title={`Repair ${count(wrong, "record")}?`}
      onClose={onClose}
      label="Repair"
      icon="retry"
      busy={busy}
      onConfirm={() => void start()}
    >
      <p className="light">
        What a seller changed in Zoho is taken in first, by the same rules as always; then CircleTel's own
        fields are sent where Zoho lacks them. Nothing is deleted in Zoho.
      </p>
      <label className="check">
        <input
          type="checkbox"
          checked={recreateDeleted}
          onChange={(event) => setRecreate(event.target.checked)}
        />
        Make records again that were deleted in Zoho
      </label>
    </Confirm>
  );
}
