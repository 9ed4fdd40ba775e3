# language: de
Funktionalität: CSV-Export
  Ergebnistabellen werden als CSV-Dateien mit einer festen Höchstzahl von Zeilen geschrieben, vollständig und
  auf den Cent genau. Die Größe der Tabelle spielt für den Speicher keine Rolle.

  Szenario: 2,5 Millionen Zeilen ergeben drei Dateien
    Angenommen die Tabelle "tripica_results" hat 2500000 Zeilen
    Wenn ich die Tabelle exportiere
    Dann sollten diese Dateien geschrieben sein:
      | Datei                                           | Zeilen  |
      | enercity/local/tripica_tripica_results_0000.csv | 1000000 |
      | enercity/local/tripica_tripica_results_0001.csv | 1000000 |
      | enercity/local/tripica_tripica_results_0002.csv | 500000  |
    Und jede Datei sollte mit der Kopfzeile "id" beginnen
    Und jede Zeile der Tabelle sollte genau einmal in den Dateien stehen

  Szenariogrundriss: Die Höchstzahl der Zeilen wird genau eingehalten
    Angenommen die Tabelle "tripica_results" hat <Zeilen> Zeilen
    Wenn ich die Tabelle mit höchstens <Höchstzahl> Zeilen je Datei exportiere
    Dann sollten die Dateien so viele Zeilen haben: <Dateien>

    Beispiele:
      | Zeilen | Höchstzahl | Dateien |
      | 5      | 2          | 2, 2, 1 |
      | 4      | 2          | 2, 2    |
      | 1      | 2          | 1       |
      | 0      | 2          | 0       |

  Szenario: Leere Werte und Sonderzeichen bleiben unterscheidbar
    Angenommen die Tabelle "tripica_results" hat eine Zeile mit diesen Werten:
      | Spalte   | Ausdruck                  |
      | nichts   | null::text                |
      | leer     | ''                        |
      | umlaute  | 'Müller & Söhne, Groß'    |
      | zitat    | 'sagt "ja"'               |
      | umbruch  | E'zwei\nZeilen'           |
      | euro     | '12 €'                    |
    Wenn ich die Tabelle exportiere
    Dann sollte die Datei diesen Inhalt haben:
      """
      nichts,leer,umlaute,zitat,umbruch,euro
      ,"","Müller & Söhne, Groß","sagt ""ja""","zwei
      Zeilen",12 €
      """

  Szenario: Beträge behalten jede Stelle
    Angenommen die Tabelle "tripica_results" hat eine Zeile mit diesen Werten:
      | Spalte  | Ausdruck                         |
      | cent    | 0.10::numeric(20,2)              |
      | groß    | 123456789012345678.91::numeric   |
      | negativ | -0.01::numeric                   |
      | tag     | date '2026-01-31'                |
      | ja      | true                             |
    Wenn ich die Tabelle exportiere
    Dann sollte die Datei diesen Inhalt haben:
      """
      cent,groß,negativ,tag,ja
      0.10,123456789012345678.91,-0.01,2026-01-31,t
      """

  Szenario: Für deutsche Tabellenkalkulation mit Semikolon und Dezimalkomma
    Angenommen die Tabelle "tripica_results" hat eine Zeile mit diesen Werten:
      | Spalte | Ausdruck             |
      | betrag | 1234.50::numeric     |
      | kunde  | 'Müller, Anna'::text |
    Wenn ich die Tabelle im Dialekt "excel-de" exportiere
    Dann sollte die Datei mit der Byte-Order-Marke beginnen
    Und die Datei sollte die Zeile '1234,50;"Müller, Anna"' enthalten

  Szenario: Der Fortschritt ist im Protokoll zu verfolgen
    Angenommen die Tabelle "tripica_results" hat 200000 Zeilen
    Und der Fortschritt wird nach jedem Teil gemeldet
    Wenn ich die Tabelle mit höchstens 50000 Zeilen je Datei exportiere
    Dann sollte das Protokoll einen Fortschritt von 100 % melden
    Und das Protokoll sollte "Exported 200000 rows in 4 files" melden

  Szenario: Eine unbekannte Tabelle wird gemeldet und nicht noch einmal versucht
    Wenn ich die Tabelle "gibt_es_nicht" zu exportieren versuche
    Dann sollte der Export sofort scheitern
    Und der Fehler sollte "report_oibl.gibt_es_nicht" enthalten
    Und der Fehler sollte "does not exist" enthalten
    Und es sollten keine Dateien geschrieben sein

  Szenario: Ein wiederholter Export schreibt dieselben Bytes
    Angenommen die Tabelle "tripica_results" hat 5 Zeilen
    Wenn ich die Tabelle mit höchstens 2 Zeilen je Datei exportiere
    Und ich die Tabelle mit höchstens 2 Zeilen je Datei noch einmal exportiere
    Dann sollten alle CSV-Dateien unverändert sein

  Szenario: Wird die Tabelle kleiner, verschwinden die überzähligen Dateien
    Angenommen die Tabelle "tripica_results" hat 5 Zeilen
    Wenn ich die Tabelle mit höchstens 2 Zeilen je Datei exportiere
    Und die Tabelle nur noch 1 Zeile hat
    Und ich die Tabelle mit höchstens 2 Zeilen je Datei noch einmal exportiere
    Dann sollten die Dateien so viele Zeilen haben: 1
