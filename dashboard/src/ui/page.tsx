import { type ReactNode, useContext, useEffect, useRef } from "react";
import { isStale, RELAXED_POLL_MS } from "../live/pace.ts";
import { isRinging } from "../live/realtime.ts";
import { type Live, useNow } from "../live/use_live.ts";
import { clockText, exactText, ZoneContext } from "./time.tsx";

interface Props {
  title: string;
  lead?: ReactNode;
  live?: Live<unknown>;
  aside?: ReactNode;
  children: ReactNode;
}

let isFirstPage = true;

/** A page's title, its freshness and its content. The focus moves to the title after a navigation. */
export function PageLayout({ title, lead, live, aside, children }: Props) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    document.title = `${title} · Zoho sync`;
    // At the first page the focus is the browser's: a keyboard begins with the skip link.
    if (!isFirstPage) heading.current?.focus({ preventScroll: true });
    isFirstPage = false;
    scrollTo(0, 0);
  }, [title]);
  return (
    <div className="page">
      <div className="page-head">
        <div>
          <h1 ref={heading} tabIndex={-1}>
            {title}
          </h1>
          {lead && <p>{lead}</p>}
        </div>
        <div className="page-aside">
          {live && <AsOf live={live} />}
          {aside}
        </div>
      </div>
      {children}
    </div>
  );
}

/** When what is shown was right; says so plainly when it is no longer. */
function AsOf({ live }: { live: Live<unknown> }) {
  const zone = useContext(ZoneContext);
  const nowMs = useNow();
  const { asOfMs, error, everyMs } = live;
  if (asOfMs === undefined) return null;
  const isLate = error !== undefined || isStale(asOfMs, nowMs, isRinging() ? RELAXED_POLL_MS : everyMs);
  return (
    <span className={isLate ? "badge warn" : "badge plain"}>
      {isLate ? "Not fresh, as of " : "As of "}
      <time dateTime={new Date(asOfMs).toISOString()} title={exactText(zone, asOfMs)}>
        {clockText(zone, asOfMs)}
      </time>
    </span>
  );
}
