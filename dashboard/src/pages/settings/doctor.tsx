import { useState } from "react";
import { read } from "../../api/call.ts";
import { sentenceOf } from "../../api/error.ts";
import { announce } from "../../ui/announce.tsx";
import { Badge, type Tone } from "../../ui/badge.tsx";
import { Button } from "../../ui/button.tsx";
import { Card } from "../../ui/card.tsx";
import { MessageText } from "../../ui/markdown.tsx";
import { Empty } from "../../ui/states.tsx";
import { Table, type TableColumn } from "../../ui/table.tsx";

/** See supabase/functions/_shared/admin/doctor.ts. */
interface Check {
  name: string;
  level: "ok" | "warn" | "fail";
  found: string;
  mend: string | null;
  docs: string | null;
}

interface DoctorAnswer {
  counts: Record<Check["level"], number>;
  checks: Check[];
}

const LEVELS: Readonly<Record<Check["level"], { word: string; tone: Tone }>> = {
  fail: { word: "wrong", tone: "bad" },
  warn: { word: "check this", tone: "warn" },
  ok: { word: "ok", tone: "good" },
};
const ORDER = ["fail", "warn", "ok"];

const columns: TableColumn<Check>[] = [
  {
    header: "Check",
    isHeader: true,
    className: "wrap",
    cell: ({ name }) => name,
  },
  {
    header: "State",
    cell: ({ level }) => <Badge tone={LEVELS[level].tone}>{LEVELS[level].word}</Badge>,
  },
  {
    header: "Found",
    className: "wrap light",
    cell: ({ found }) => <MessageText text={found} />,
  },
  {
    header: "What to do",
    className: "wrap",
    cell: ({ mend, docs }) => mend && <MessageText text={docs ? `${mend} (${docs})` : mend} />,
  },
];

/** Everything that can be wrong with a setup, checked when a person asks: it calls Zoho, too. */
export function Doctor() {
  const [answer, setAnswer] = useState<DoctorAnswer | null>(null);
  const [busy, setBusy] = useState(false);

  async function look(): Promise<void> {
    setBusy(true);
    try {
      const found = await read<DoctorAnswer>("/doctor");
      setAnswer(found);
      const { ok, warn, fail } = found.counts;
      announce(`${ok} checks passed, ${warn} to look into, ${fail} failed.`, fail > 0 ? "bad" : "good");
    } catch (error) {
      announce(sentenceOf(error), "bad");
    } finally {
      setBusy(false);
    }
  }

  const checks = answer?.checks.toSorted((a, b) => ORDER.indexOf(a.level) - ORDER.indexOf(b.level)) ?? [];
  return (
    <Card
      flush
      title="Doctor"
      note="Checks the setup here and in Zoho; one run costs about 35 of Zoho's credits"
      aside={
        <Button small icon="check" busy={busy} onClick={() => void look()}>
          Run all checks
        </Button>
      }
    >
      {answer
        ? <Table caption="Checks of the setup" columns={columns} rows={checks} rowKey={({ name }) => name} />
        : (
          <Empty icon="settings" title="Not checked yet">
            Fields, rights, token, schedule, keys and hooks.
          </Empty>
        )}
    </Card>
  );
}
