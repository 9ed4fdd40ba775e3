# language: de
Funktionalität: Der Tageslauf von Anfang bis Ende
  Aus den Quelltabellen des Warehouses entstehen die offenen Posten und die Buchungen, und daraus die Dateien in S3:
  mit den Skripten, Prüfungen und Einstellungen, mit denen auch der Betrieb läuft.

  Szenario: Beide Systeme werden gebaut, geprüft und exportiert
    Angenommen der Tageslauf ist auf den Beispieldaten gelaufen
    Dann sollten alle Aufgaben der Systeme "bookkeeper, tripica, customer" gelungen sein
    Und die Dateien sollten die Zeilen dieser Ergebnisse enthalten:
      | Datei                                                 | Ergebnis                       |
      | enercity/local/bookkeeper_bookkeeper_results_0000.csv | report_oibl.bookkeeper_results |
      | enercity/local/tripica_tripica_results_0000.csv       | report_oibl.tripica_results    |
    Und die Summen der Manifeste sollten die der Ergebnisse sein

  Szenario: Die Kennzahlen des Laufs stehen im Bericht und im Protokoll
    Angenommen der Tageslauf ist auf den Beispieldaten gelaufen
    Dann sollte der Bericht für diese Exporte Zeilen, Dateien, Bytes und Sekunden nennen:
      | Export                |
      | bookkeeper.export     |
      | tripica.export        |
      | customer.archive.oibl |
    Und das Protokoll des Laufs sollte dieselben Zahlen nennen

  Szenario: Die Beträge je System stehen auf den Cent genau im Bericht, im Manifest und im Protokoll
    Angenommen der Tageslauf ist auf den Beispieldaten gelaufen
    Dann sollte die Datei "enercity/local/tripica_tripica_results_0000.csv" eine Zahlung von 12345678901234567.89 enthalten
    Und diese Beträge sollten die der Ergebnisse sein:
      | Export            | Betrag      | Ausdruck                                                                                           |
      | bookkeeper.export | debit       | sum(replace(wrbed_aggregate, ',', '.')::numeric) filter (where newbs = '40')                       |
      | bookkeeper.export | credit      | sum(replace(wrbed_aggregate, ',', '.')::numeric) filter (where newbs = '50')                       |
      | tripica.export    | debit       | sum(booking_debit_amount)                                                                          |
      | tripica.export    | credit      | sum(booking_credit_amount)                                                                         |
      | tripica.export    | open amount | sum(amount_gross) filter (where booking_reference_document_number is null and balance_date is null) |

  Szenario: Nach dem Lauf ist aufgeräumt
    Angenommen der Tageslauf ist auf den Beispieldaten gelaufen
    Dann sollten von "bookkeeper, tripica" keine Zwischentabellen übrig sein
    Und es sollte kein Hochladen offen und keine Verbindung übrig sein
    Und es sollten keine CSV-Dateien auf der Platte liegen

  Szenario: Ein wiederholter Lauf ergibt dieselben Dateien
    Angenommen der Tageslauf ist auf den Beispieldaten gelaufen
    Wenn derselbe Tageslauf noch einmal läuft
    Dann sollten alle CSV-Dateien dieselben Bytes haben
    Und die Historie sollte unverändert sein

  Szenario: Nur ein System
    Angenommen das System "tripica" baut 3 Zeilen
    Und das System "bookkeeper" baut 2 Zeilen
    Und die Einstellung "BDA_SYSTEMS" ist "bookkeeper"
    Wenn der Tageslauf läuft
    Dann sollte der Tageslauf gelingen
    Und die Systeme sollten diesen Stand haben:
      | System     | Stand   |
      | bookkeeper | success |
      | tripica    | skipped |
    Und der Bucket sollte diese Dateien enthalten:
      | Datei                                                      |
      | enercity/local/bookkeeper_bookkeeper_results_0000.csv      |
      | enercity/local/bookkeeper_bookkeeper_results.manifest.json |

  Szenario: Ein Probelauf rechnet alles durch und verändert nichts
    Angenommen das System "tripica" baut 3 Zeilen
    Wenn ein Probelauf läuft
    Dann sollte der Tageslauf gelingen
    Und der Bericht sollte für "tripica.export" 3 Zeilen nennen
    Und die Tabelle "report_oibl.tripica_results" sollte es nicht geben
    Und der Bucket sollte leer sein
