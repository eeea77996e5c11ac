import type { ReactNode } from "react";
import { Button } from "./button.tsx";
import type { IconName } from "./icon.tsx";
import { Overlay } from "./overlay.tsx";

interface Props {
  title: string;
  /** What the button that does it says. */
  label: string;
  icon?: IconName;
  busy: boolean;
  onConfirm: () => void;
  onClose: () => void;
  children: ReactNode;
}

/** Asks before something is done: what it means, and two buttons. */
export function Confirm({ title, label, icon, busy, onConfirm, onClose, children }: Props) {
  return (
    <Overlay
      title={title}
      onClose={onClose}
      foot={
        <>
          <Button onClick={onClose}>Cancel</Button>
          <Button kind="primary" icon={icon} busy={busy} onClick={onConfirm}>{label}</Button>
        </>
      }
    >
      {children}
    </Overlay>
  );
}
