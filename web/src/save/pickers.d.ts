/** The File System Access API's pickers, which not all browsers have. */
interface Window {
  showSaveFilePicker?: (options: {
    suggestedName: string;
    types: { description: string; accept: Record<string, string[]> }[];
  }) => Promise<FileSystemFileHandle>;
  showDirectoryPicker?: (options: {
    id: string;
    mode: 'read' | 'readwrite';
  }) => Promise<FileSystemDirectoryHandle>;
}
