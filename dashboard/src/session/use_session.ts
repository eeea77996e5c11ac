import type { Session } from "@supabase/supabase-js";
import { useEffect, useState } from "react";
import { forgetRecords } from "../pages/contract/seen.ts";
import { forgetPeople } from "../live/use_people.ts";
import { forgetEverything } from "../live/use_live.ts";
import { supabase } from "../supabase.ts";

/** undefined until the stored session was read, null when no one is signed in. */
export function useSession(): Session | null | undefined {
  const [session, setSession] = useState<Session | null>();
  useEffect(() => {
    const { data } = supabase().auth.onAuthStateChange((event, changed) => {
      if (event === "SIGNED_OUT") {
        forgetEverything();
        forgetPeople();
        forgetRecords();
      }
      setSession(changed);
    });
    return () => data.subscription.unsubscribe();
  }, []);
  return session;
}

/** This browser only: another one stays signed in. */
export async function signOut(): Promise<void> {
  await supabase().auth.signOut({ scope: "local" });
}
