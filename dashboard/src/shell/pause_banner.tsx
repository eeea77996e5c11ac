import type { Pause } from "../api/answers.ts";
import { linkTo } from "../route/route.ts";
import { pauseSentence } from "../say/pause.ts";
import { Icon } from "../ui/icon.tsx";
import { Parts } from "../ui/parts.tsx";

/** On every page while nothing is sent: who or what paused, why, since when and until when. */
export function PauseBanner({ paused }: { paused: Pause }) {
  return (
    <div className="pause-banner note warn" role="region" aria-label="Sending is paused">
      <Icon name="pause" />
      <p>
        <Parts parts={pauseSentence(paused)} />{" "}
        <a href={paused.byHand ? linkTo("activity") : linkTo("docs", `errors/${paused.code}`)}>
          {paused.byHand ? "What operators did" : "What to do"}
        </a>
      </p>
    </div>
  );
}
