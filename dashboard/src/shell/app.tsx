import type { Session } from "@supabase/supabase-js";
import { useEffect, useState } from "react";
import type { Answered, StatusAnswer } from "../api/answers.ts";
import { ApiError } from "../api/error.ts";
import type { Config } from "../config.ts";
import { listen } from "../live/realtime.ts";
import { useLive } from "../live/use_live.ts";
import { NewPassword } from "../session/new_password.tsx";
import { NotAdmin } from "../session/not_admin.tsx";
import type { Recovery } from "../session/recovery.ts";
import { SignIn } from "../session/sign_in.tsx";
import { signOut, useSession } from "../session/use_session.ts";
import { Announcements } from "../ui/announce.tsx";
import { Fault, Loading } from "../ui/states.tsx";
import { PlacesContext } from "../ui/places.tsx";
import { ZoneContext } from "../ui/time.tsx";
import { Frame } from "./frame.tsx";

export function App({ config, recovery }: { config: Config; recovery: Recovery | null }) {
  const session = useSession();
  const [isRecovering, setRecovering] = useState(recovery?.kind === "link");
  if (session === undefined) return <Waiting />;
  if (session === null) {
    const refusal = recovery?.kind === "refused" ? recovery.message : null;
    return <SignIn project={new URL(config.supabaseUrl).host} refusal={refusal} />;
  }
  if (isRecovering) return <NewPassword onDone={() => setRecovering(false)} />;
  return <SignedIn key={session.user.id} session={session} config={config} />;
}

/** Whoever is signed in sees a page only once the API has said that they are an admin. */
function SignedIn({ session, config }: { session: Session; config: Config }) {
  const status = useLive<Answered<StatusAnswer>>("/status");
  const refused = status.error instanceof ApiError ? status.error.status : 0;
  const isAdmin = status.data !== undefined && refused !== 403 && refused !== 401;

  useEffect(() => {
    if (refused === 401) void signOut();
  }, [refused]);
  useEffect(() => (isAdmin && config.realtime ? listen() : undefined), [isAdmin, config.realtime]);

  const email = session.user.email ?? "";
  if (refused === 403) return <NotAdmin email={email} />;
  if (!status.data) {
    return status.error === undefined ? <Waiting /> : (
      <main className="gate">
        <Fault error={status.error} onRetry={status.refresh} />
      </main>
    );
  }
  return (
    <ZoneContext value={status.data.timeZone}>
      <PlacesContext value={{ zohoUrl: status.data.zohoUrl, studioUrl: config.studioUrl }}>
        <Frame status={status} email={email} />
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
