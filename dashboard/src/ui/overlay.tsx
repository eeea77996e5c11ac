import { type ReactNode, useEffect, useId, useRef } from "react";
import { Button } from "./button.tsx";

interface Props {
  title: string;
  kind?: "modal" | "sheet";
  foot?: ReactNode;
  onClose: () => void;
  children: ReactNode;
}

/**
 * A dialog of the browser's own: it keeps the focus inside, closes on Esc and gives the focus back to what opened it.
 * It is open as long as it is rendered.
 */
export function Overlay({ title, kind = "modal", foot, onClose, children }: Props) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();

  useEffect(() => {
    const opener = document.activeElement;
    const shown = dialog.current;
    shown?.showModal();
    return () => {
      shown?.close();
      if (opener instanceof HTMLElement && opener.isConnected) opener.focus();
    };
  }, []);

  return (
    <dialog
      ref={dialog}
      className={kind}
      aria-labelledby={id}
      onCancel={(event) => {
        event.preventDefault();
        onClose();
      }}
      onClick={(event) => {
        if (event.target === dialog.current) onClose();
      }}
    >
      <div className="overlay-head">
        <h2 id={id}>{title}</h2>
        <Button kind="ghost" icon="close" aria-label="Close" onClick={onClose} />
      </div>
      <div className="overlay-body">{children}</div>
      {foot && <div className="overlay-foot">{foot}</div>}
    </dialog>
  );
}
