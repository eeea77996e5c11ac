import { useContext, useEffect, useRef, useState } from "react";
import type { Answered, StatusAnswer } from "../api/answers.ts";
import type { Live } from "../live/use_live.ts";
import { linkTo } from "../route/route.ts";
import { useRoute } from "../route/use_route.ts";
import { signOut } from "../session/use_session.ts";
import { Button } from "../ui/button.tsx";
import { Icon, Mark } from "../ui/icon.tsx";
import { MayActContext, readOnlyReason } from "../ui/may_act.ts";
import { PageLayout } from "../ui/page.tsx";
import { Empty } from "../ui/states.tsx";
import { Find } from "./find.tsx";
import { findPage, groups } from "./pages.ts";
import { PauseBanner } from "./pause_banner.tsx";
import { PauseControl } from "./pause_control.tsx";
import { ThemeToggle } from "./theme_toggle.tsx";

interface Props {
  status: Live<Answered<StatusAnswer>>;
  email: string;
}

/** The header, the navigation and the page that the address names. */
export function Frame({ status, email }: Props) {
  const route = useRoute();
  const mayAct = useContext(MayActContext);
  const main = useRef<HTMLElement>(null);
  const [isMenuOpen, setMenuOpen] = useState(false);
  useEffect(() => setMenuOpen(false), [route]);
  const entry = findPage(route.page);

  return (
    <div className="frame">
      <button type="button" className="skip button" onClick={() => main.current?.focus()}>
        Skip to the content
      </button>
      <header className="frame-header">
        <Button
          kind="ghost"
          icon={isMenuOpen ? "close" : "menu"}
          className="menu-button"
          aria-label="Menu"
          aria-expanded={isMenuOpen}
          aria-controls="navigation"
          onClick={() => setMenuOpen(!isMenuOpen)}
        />
        <a className="brand" href={linkTo("overview")}>
          <Mark />
          <span>
            Zoho sync <span className="brand-from">· CircleTel</span>
          </span>
        </a>
        <Find />
        <div className="frame-tools">
          {status.data && <PauseControl status={status.data} isFresh={status.error === undefined} />}
          {!mayAct && (
            <a
              className="badge neutral"
              href={linkTo("docs", "dashboard")}
              title={`${readOnlyReason}: who may act`}
            >
              Read only
            </a>
          )}
          <span className="row only-wide">
            <OwnTools email={email} />
          </span>
        </div>
      </header>
      <nav id="navigation" className="frame-nav" aria-label="Pages" data-open={isMenuOpen}>
        <div className="nav-lists">
          {groups.map((entries, index) => (
            <ul key={index} className={index > 0 ? "nav-group" : undefined}>
              {entries.map(({ name, title, icon, count }) => {
                const waiting = status.data ? (count?.(status.data) ?? 0) : 0;
                return (
                  <li key={name}>
                    <a href={linkTo(name)} aria-current={route.page === name ? "page" : undefined}>
                      <Icon name={icon} />
                      {title}
                      {waiting > 0 && (
                        <span className="nav-count">
                          {waiting > 999 ? "999+" : waiting}
                          <span className="hidden-text">&nbsp;need attention</span>
                        </span>
                      )}
                    </a>
                  </li>
                );
              })}
            </ul>
          ))}
          <div className="only-narrow">
            <OwnTools email={email} />
          </div>
        </div>
      </nav>
      <main ref={main} className="frame-main" tabIndex={-1}>
        {status.data?.paused && <PauseBanner paused={status.data.paused} />}
        {entry ? <entry.component key={entry.name} route={route} status={status} /> : <Lost />}
      </main>
    </div>
  );
}

/** On a phone they are in the menu, or the header would take half of the screen. */
function OwnTools({ email }: { email: string }) {
  return (
    <>
      <ThemeToggle />
      <Button
        kind="ghost"
        icon="out"
        aria-label={`Sign out ${email}`}
        title={`Sign out ${email}`}
        onClick={() => void signOut()}
      />
    </>
  );
}

function Lost() {
  return (
    <PageLayout title="There is no such page">
      <Empty icon="search" title="The address names no page">
        <a href={linkTo("overview")}>Go to the overview</a>
      </Empty>
    </PageLayout>
  );
}
