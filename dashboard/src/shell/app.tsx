import type { Session } from "@supabase/supabase-js";
import { useCallback, useEffect, useState } from "react";
import type { Answered, CallerAnswer, StatusAnswer } from "../api/answers.ts";
import { ApiError, sentenceOf } from "../api/error.ts";
import type { Config } from "../config.ts";
import { listenToChanges } from "../live/realtime.ts";
import { useLive } from "../live/use_live.ts";
import { NewPassword } from "../session/new_password.tsx";
import { NotAdmin } from "../session/not_admin.tsx";
import type { Recovery } from "../session/recovery.ts";
import { SignIn } from "../session/sign_in.tsx";
import { signOut, useSession } from "../session/use_session.ts";
import { Announcements } from "../ui/announce.tsx";
import { ErrorNote, Loading } from "../ui/states.tsx";
import { MayActContext } from "../ui/may_act.ts";
import { PlacesContext } from "../ui/places.tsx";
import { ZoneContext } from "../ui/time.tsx";
import { Frame } from "./frame.tsx";

export function DashboardApp({ config, recovery }: { config: Config; recovery: Recovery | null }) {
  const session = useSession();
  const [refusal, setRefusal] = useState(recovery?.kind === "refused" ? recovery.message : null);
  const onRefused = useCallback((reason: string) => {
    setRefusal(`The project refused this sign-in: ${reason}`);
    void signOut();
  }, []);
  const [isRecovering, setRecovering] = useState(recovery?.kind === "link");
  if (session === undefined) return <Waiting />;
  if (session === null) {
    return <SignIn project={new URL(config.supabaseUrl).host} refusal={refusal} />;
  }
  if (isRecovering) return <NewPassword onDone={() => setRecovering(false)} />;
  return <SignedIn key={session.user.id} session={session} config={config} onRefused={onRefused} />;
}

/** Whoever is signed in sees a page only once the API has said that they are an admin. */
function SignedIn(
  { session, config, onRefused }: { session: Session; config: Config; onRefused: (reason: string) => void },
) {
  const status = useLive<Answered<StatusAnswer & CallerAnswer>>("/status");
  const refused = status.error instanceof ApiError ? status.error.status : 0;
  const reason = refused === 0 ? "" : sentenceOf(status.error);
  const isAdmin = status.data !== undefined && refused !== 403 && refused !== 401;

  useEffect(() => {
    // A session that the project no longer takes: the sign-in page says why.
    if (refused === 401) onRefused(reason);
  }, [refused, reason, onRefused]);
  useEffect(() => (isAdmin && config.realtime ? listenToChanges() : undefined), [isAdmin, config.realtime]);

  const email = session.user.email ?? "";
  if (refused === 403) return <NotAdmin email={email} reason={reason} />;
  if (!status.data) {
    return status.error === undefined ? <Waiting /> : (
      <main className="gate">
        <ErrorNote error={status.error} onRetry={status.refresh} />
      </main>
    );
  }
  return (
    <ZoneContext value={status.data.timeZone}>
      <PlacesContext value={{ zohoUrl: status.data.zohoUrl, studioUrl: config.studioUrl }}>
        <MayActContext value={status.data.caller.mayAct}>
          <Frame status={status} email={email} />
        </MayActContext>
      </PlacesContext>
      <Announcements />
    </ZoneContext>
  );
}

function Waiting() {
  return (
    <main className="gate">
      <div className="gate-box">
        <Loading what="the dashboard" lines={4} />
      </div>
    </main>
  );
}
