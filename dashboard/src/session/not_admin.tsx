import { useEffect } from "react";
import { Gate } from "../shell/gate.tsx";
import { Button } from "../ui/button.tsx";
import { signOut } from "./use_session.ts";

export function NotAdmin({ email }: { email: string }) {
  useEffect(() => {
    document.title = "Not an admin · Zoho sync";
  }, []);
  return (
    <Gate title="You are not an admin">
      <div className="stack">
        <p className="light">
          {`${email} is signed in, but only active admins may see this page. Ask somebody who manages admin_users.`}
        </p>
        <Button icon="out" onClick={() => void signOut()}>
          Sign out
        </Button>
      </div>
    </Gate>
  );
}
