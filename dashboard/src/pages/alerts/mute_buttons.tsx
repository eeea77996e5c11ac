import type { AlertItem } from "../../api/answers.ts";
import { act } from "../../api/call.ts";
import { Button } from "../../ui/button.tsx";
import { Time } from "../../ui/time.tsx";
import { useAction } from "../../ui/use_action.ts";

const HOUR_MS = 3_600_000;

export function MuteButtons({ alert: { name, title, isMuted, mutedUntil } }: { alert: AlertItem }) {
  const { busy, run } = useAction();
  const mute = (until: string | null, words: string) =>
    run(async () => {
      await act("/alerts/mute", { alert: name, until });
      return words;
    });
  if (isMuted) {
    return (
      <span className="row">
        <span className="quiet">
          muted {mutedUntil && (
            <>
              until <Time at={mutedUntil} />
            </>
          )}
        </span>
        <Button acts small busy={busy} onClick={() => void mute(null, "The alert is unmuted.")}>
          Unmute<span className="hidden-text">&nbsp;{title}</span>
        </Button>
      </span>
    );
  }
  const inADay = () => new Date(Date.now() + 24 * HOUR_MS).toISOString();
  return (
    <Button
      acts
      small
      busy={busy}
      onClick={() => void mute(inADay(), "The alert is muted for a day.")}
    >
      Mute a day<span className="hidden-text">&nbsp;{title}</span>
    </Button>
  );
}
