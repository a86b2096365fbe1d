import { readProcessMemory } from "../../src/daemon/memory/process-memory.ts";

export interface NamedProcess {
  readonly role: string;
  readonly pid: number;
}

export interface ProcessMemory extends NamedProcess {
  readonly pssBytes: number;
  readonly privateBytes: number;
  readonly anonymousBytes: number;
}

export async function memoryOf(processes: readonly NamedProcess[]): Promise<ProcessMemory[]> {
  return Promise.all(
    processes.map(async ({ role, pid }) => {
      const memory = await readProcessMemory(pid);
      if (!memory) throw new Error(`${role} ${pid} has ended`);
      const { pssBytes, privateBytes, anonymousBytes } = memory;
      return { role, pid, pssBytes, privateBytes, anonymousBytes };
    }),
  );
}
