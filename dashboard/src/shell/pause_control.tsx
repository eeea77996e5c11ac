import { type ReactNode, useEffect, useRef, useState } from "react";
import type { Pause, PauseAnswer, StatusAnswer } from "../api/answers.ts";
import { act } from "../api/call.ts";
import { Badge } from "../ui/badge.tsx";
import { Button } from "../ui/button.tsx";
import { Confirm } from "../ui/confirm.tsx";
import { Parts } from "../ui/parts.tsx";
import { untilOf, UntilSelect } from "../ui/until_select.tsx";
import { useAction } from "../ui/use_action.ts";
import { meanwhileSentence, pauseSentence } from "../say/pause.ts";
import { runningBadge } from "../say/running.ts";
import { GoOn, unknownWrites } from "./go_on.tsx";

/** Whether the sync runs, and the switch, in the header of every page. */
export function PauseControl({ status, isFresh }: { status: StatusAnswer; isFresh: boolean }) {
  const { paused } = status;
  const { text, tone } = runningBadge(status, isFresh);
  // What is asked stays as it was when the dialog opened: a colleague may pause meanwhile.
  const [asked, setAsked] = useState<{ about: Pause | null } | null>(null);
  return (
    <>
      <Badge tone={tone}>{text}</Badge>
      <Button acts small icon={paused ? "play" : "pause"} onClick={() => setAsked({ about: paused })}>
        {paused === null ? "Pause" : mayResume(paused) ? "Resume" : "Go on"}
      </Button>
      {asked && <Question about={asked.about} now={paused} onClose={() => setAsked(null)} />}
    </>
  );
}

const mayResume = ({ code }: Pause) => code !== unknownWrites;

interface Asked {
  /** The pause when the dialog opened. */
  about: Pause | null;
  /** The pause as it is by now. */
  now: Pause | null;
  onClose: () => void;
}

function Question({ about, now, onClose }: Asked) {
  const meanwhile = <Meanwhile about={about} now={now} />;
  if (about === null) return <PauseForm meanwhile={meanwhile} onClose={onClose} />;
  return mayResume(about)
    ? <Resume paused={about} meanwhile={meanwhile} onClose={onClose} />
    : <GoOn message={about.message} onClose={onClose} />;
}

/** What a colleague or a fault changed since the dialog opened: the answer would end or replace that. */
function Meanwhile({ about, now }: Pick<Asked, "about" | "now">) {
  const parts = meanwhileSentence(about, now);
  return parts && (
    <p className="note warn" role="status">
      <span>
        <Parts parts={parts} />
      </span>
    </p>
  );
}

interface Answering {
  meanwhile: ReactNode;
  onClose: () => void;
}

function PauseForm({ meanwhile, onClose }: Answering) {
  const reason = useRef<HTMLInputElement>(null);
  const [until, setUntil] = useState("");
  const { busy, run } = useAction();
  useEffect(() => reason.current?.focus(), []);
  async function pause(): Promise<void> {
    const text = reason.current?.value.trim();
    await run(async () => {
      const end = untilOf(until);
      await act<PauseAnswer>("/pause", {
        ...(text && { reason: text }),
        ...(end !== undefined && { until: end }),
      });
      return `Paused. Changes wait in the queue until ${
        end === undefined ? "a person resumes" : "the pause ends"
      }.`;
    }, onClose);
  }
  return (
    <Confirm
      title="Pause the sync?"
      onClose={onClose}
      label="Pause the sync"
      icon="pause"
      busy={busy}
      onConfirm={() => void pause()}
    >
      {meanwhile}
      <p className="light">
        Nothing more is sent to Zoho until{" "}
        {until === "" ? "a person resumes" : "the pause ends or a person resumes"}. Changes wait in the queue,
        one row for each record; nothing is lost. Changes in Zoho are noted and looked at afterwards.
      </p>
      <div className="field">
        <label htmlFor="pause-reason">Why (colleagues will read it)</label>
        <input ref={reason} id="pause-reason" className="input" maxLength={200} autoComplete="off" />
      </div>
      <div className="field">
        <label htmlFor="pause-until">How long</label>
        <UntilSelect id="pause-until" value={until} onChange={setUntil} />
      </div>
    </Confirm>
  );
}

function Resume({ paused, meanwhile, onClose }: Answering & { paused: Pause }) {
  const { busy, run } = useAction();
  async function resume(): Promise<void> {
    await run(async () => {
      await act<PauseAnswer>("/resume", {});
      return "Resumed. What waited is being sent.";
    }, onClose);
  }
  return (
    <Confirm
      title="Resume the sync?"
      onClose={onClose}
      label="Resume the sync"
      icon="play"
      busy={busy}
      onConfirm={() => void resume()}
    >
      {meanwhile}
      <p className="note warn">
        <span>
          <Parts parts={pauseSentence(paused)} />
        </span>
      </p>
      <p className="light">
        {paused.byHand
          ? "What waits in the queue is sent at once."
          : "Resuming tries at once. If the cause is still there, the sync pauses itself again."}
      </p>
    </Confirm>
  );
}
