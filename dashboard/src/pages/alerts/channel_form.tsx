import { useState } from "react";
import type { AlertChannelRequest } from "../../api/answers.ts";
import { Confirm } from "../../ui/confirm.tsx";

interface Props {
  channel: AlertChannelRequest["channel"];
  title: string;
  busy: boolean;
  onClose: () => void;
  onSubmit: (request: AlertChannelRequest) => void;
}

/** Asks for the address of a channel and, of a JSON webhook, for the token that it expects. */
export function ChannelForm({ channel, title, busy, onClose, onSubmit }: Props) {
  const [url, setUrl] = useState("");
  const [token, setToken] = useState("");
  const submit = () =>
    onSubmit({ channel, url: url.trim(), ...(token.trim() !== "" && { token: token.trim() }) });
  return (
    <Confirm title={`Set up the ${title}`} label="Save" busy={busy} onClose={onClose} onConfirm={submit}>
      <div className="field">
        <label htmlFor="channel-url">Address (https)</label>
        <input
          id="channel-url"
          className="input"
          type="url"
          autoComplete="off"
          placeholder="https://hooks.example.com/…"
          value={url}
          onChange={(event) => setUrl(event.target.value)}
        />
      </div>
      {channel === "hook" && (
        <div className="field">
          <label htmlFor="channel-token">Bearer token (optional)</label>
          <input
            id="channel-token"
            className="input"
            type="password"
            autoComplete="off"
            value={token}
            onChange={(event) => setToken(event.target.value)}
          />
        </div>
      )}
    </Confirm>
  );
}
