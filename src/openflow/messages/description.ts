/** Multipart DESC: maker, hardware, software, serial number, name of the bridge. */
import { emptyMessage, type MessageCodec, multipart } from "./definition.ts";

export interface DescriptionRequest {
  readonly type: "description_request";
}
export interface DescriptionReply {
  readonly type: "description_reply";
  readonly manufacturer: string;
  readonly hardware: string;
  readonly software: string;
  readonly serialNumber: string;
  readonly datapath: string;
}

const TEXT = 256;
const SERIAL = 32;

export const descriptionRequest = emptyMessage<DescriptionRequest>({ type: "description_request" }, [
  multipart("request", "1.0+", 0),
]);

export const descriptionReply: MessageCodec<DescriptionReply> = {
  type: "description_reply",
  places: [multipart("reply", "1.0+", 0)],
  write(writer, { manufacturer, hardware, software, serialNumber, datapath }) {
    writer.text(manufacturer, TEXT);
    writer.text(hardware, TEXT);
    writer.text(software, TEXT);
    writer.text(serialNumber, SERIAL);
    writer.text(datapath, TEXT);
  },
};
