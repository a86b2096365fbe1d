import type { z } from "zod";

/** Who may call: `user` on either socket, `control` on the control socket alone. */
export type Access = "user" | "control";

export interface Endpoint {
  readonly method: "GET" | "POST" | "PUT" | "DELETE";
  /** With the closing slash; served without it too. A part in braces is a parameter. */
  readonly path: string;
  readonly access: Access;
  readonly summary: string;
  /** The parameters in the path. */
  readonly params?: z.ZodObject;
  readonly query?: z.ZodObject;
  readonly body?: z.ZodType;
  /** The body of each status that is not a problem. */
  readonly replies: Readonly<Record<number, z.ZodType>>;
  /** The reply is a stream of server-sent events, and each of them fits the schema. */
  readonly stream?: true;
  /** The body is any JSON, and is passed on as the text that it came in. */
  readonly keepsText?: true;
}
