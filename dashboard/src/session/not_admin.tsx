import { useEffect } from "react";
import { Gate } from "../shell/gate.tsx";
import { Button } from "../ui/button.tsx";
import { signOut } from "./use_session.ts";

/** `reason` is what the project said, and what to do about it. */
export function NotAdmin({ email, reason }: { email: string; reason: string }) {
  useEffect(() => {
    document.title = "Not an admin · Zoho sync";
  }, []);
  return (
    <Gate title="You are not an admin">
      <div className="stack">
        <p className="light">
          {`${email} is signed in, but the project refuses: ${reason}. Ask an administrator who manages admin_users.`}
        </p>
        <Button icon="out" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </Gate>
  );
}
