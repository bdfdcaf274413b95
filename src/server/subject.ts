import type { Command } from "../core/command.ts";

/** Names the thing that a command would change: two commands with different subjects change different things. */
export function subjectOf(command: Command): string {
  switch (command.type) {
    case "release":
    case "renew":
      return command.target.type === "key"
        ? `key ${command.target.key}`
        : `request ${command.session} ${command.target.request}`;
    case "kick_session":
    case "reload_login":
      return `session ${command.target}`;
    case "touch_session":
    case "detach_session":
    case "close_session":
      return `session ${command.session}`;
    case "revoke":
      return `lock ${command.token}`;
    case "finish_task":
    case "reject_task":
      return `task ${command.task}`;
    case "cancel_task":
      return command.target.type === "task"
        ? `task ${command.target.task}`
        : `requests ${command.session} ${command.target.requests.join(" ")}`;
    case "delete_user":
    case "rename_user":
    case "change_user":
      return `user ${command.user}`;
    case "revoke_api_token":
      return `token ${command.token}`;
    default:
      return command.type;
  }
}
