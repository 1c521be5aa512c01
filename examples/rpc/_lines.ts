/** The lines of a stream, as they come. */
export async function* linesOf(
  stream: ReadableStream<BufferSource>,
): AsyncGenerator<string> {
  let rest = "";
  for await (const text of stream.pipeThrough(new TextDecoderStream())) {
    const lines = (rest + text).split("\n");
    rest = lines.pop()!;
    yield* lines;
  }
}
