// A command of the command line. commander reads the words; its errors become sentences of ours.

import { Command, type ErrorOptions } from "commander";
import { UsageError } from "./errors.ts";

/** A command, or the whole program. */
export class CliCommand extends Command {
  #examples: string[] = [];

  /** Makes the subcommands of this class, too. */
  override createCommand(name?: string): CliCommand {
    return new CliCommand(name);
  }

  /** Shows examples below the help. The first one is also in the error for a missing word. */
  examples(...lines: string[]): this {
    this.#examples = lines;
    return this.addHelpText("after", `\nExamples:\n${lines.map((line) => `  ${line}`).join("\n")}`);
  }

  /** Checks that each option has its value before commander reads them: it would take the next option for one. */
  override parseOptions(words: string[]): { operands: string[]; unknown: string[] } {
    for (const [at, word] of words.entries()) {
      if (word === "--") break;
      const [flag = "", ...inline] = word.split("=");
      const option = this.options.find(({ long, short }) => flag === long || flag === short);
      if (!option?.required) continue;
      const value = inline.length > 0 ? inline.join("=") : words[at + 1];
      if (value === undefined || value === "" || (value.startsWith("-") && inline.length === 0)) {
        const example = String(option.defaultValueDescription ?? option.defaultValue ?? "…");
        throw new UsageError(`${flag}: expected a value, such as ${flag} ${example}`);
      }
    }
    return super.parseOptions(words);
  }

  /** Called by commander for each mistake in the words. */
  override error(message: string, options?: ErrorOptions): never {
    throw new UsageError(this.#sentence(message, options?.code ?? ""));
  }

  #sentence(message: string, code: string): string {
    const [, given = ""] = /'(.*?)'/.exec(message) ?? [];
    const [, near] = /Did you mean (?:one of )?(.*)\?/.exec(message) ?? [];
    switch (code) {
      case "commander.unknownOption": {
        const [flag = ""] = given.split("=");
        const known = this.options.flatMap(({ long }) => long ?? []).sort();
        if (near !== undefined) return `${flag}: unknown option; did you mean ${near}?`;
        return known.length > 0
          ? `${flag}: unknown option; expected ${known.join(", ")}`
          : `${flag}: unknown option; ${this.name()} has none`;
      }
      case "commander.unknownCommand": {
        if (near !== undefined) return `${given}: unknown command; did you mean ${near}?`;
        const known = this.commands.map((command) => command.name());
        return `${given}: unknown command; expected ${known.join(", ")}`;
      }
      case "commander.missingArgument":
        return `${this.name()}: expected ${given.toUpperCase()}, such as ${this.#examples[0] ?? this.usage()}`;
      case "commander.excessArguments": {
        const word = this.args[this.registeredArguments.length] ?? "";
        const option = this.options.find(({ required }) => required)?.long;
        return this.registeredArguments.length > 0 || option === undefined
          ? `${word}: unexpected word; put a value with spaces into quotation marks`
          : `${word}: unexpected word; options have a name, such as ${option} ${word}`;
      }
      default:
        return message.replace(/^error: /, "");
    }
  }
}

/**
 * Reads a port.
 *
 * @throws {UsageError} naming the value and what was expected
 */
export function portOf(text: string): number {
  const number = Number(text);
  if (!/^\d{1,5}$/.test(text) || number > 65_535) {
    throw new UsageError(`--port ${text}: expected a number from 0 to 65535`);
  }
  return number;
}
