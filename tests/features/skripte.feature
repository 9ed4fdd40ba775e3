# language: de
Funktionalität: Skripte und ihre Ebenen
  Der Ordner der SQL-Skripte ist die Konfiguration: Ein Skript kommt hinzu, indem eine Datei hinzukommt.
  Mandanten ersetzen oder ergänzen Skripte in einem eigenen Ordner.

  Grundlage:
    Angenommen es gibt die folgenden Skripte:
      | Datei                                   |
      | init/tripica/000_setup.sql              |
      | init/tripica/110_charges.sql            |
      | init/tripica/NOEXEC_120_retired.sql     |
      | init/tripica/default/110_charges.sql    |
      | init/tripica/default/150_rates.sql      |
      | init/tripica/enercity/110_charges.sql   |
      | init/tripica/enercity/111_dunning.sql   |
      | init/tripica/q-cells/005_only_there.sql |
      | archive/customer/oibl.sql               |

  Szenario: Der Ordner eines Mandanten ersetzt und ergänzt
    Wenn ich die Skripte für den Mandanten "enercity" lese
    Dann sollten für "tripica" in "init" diese Dateien laufen:
      | Datei                                 |
      | init/tripica/000_setup.sql            |
      | init/tripica/enercity/110_charges.sql |
      | init/tripica/enercity/111_dunning.sql |
      | init/tripica/default/150_rates.sql    |

  Szenario: Ein Mandant ohne eigenen Ordner bekommt die Vorgabe
    Angenommen der Mandant "stadtwerke" ist in systems.yaml genannt
    Wenn ich die Skripte für den Mandanten "stadtwerke" lese
    Dann sollten für "tripica" in "init" diese Dateien laufen:
      | Datei                                |
      | init/tripica/000_setup.sql           |
      | init/tripica/default/110_charges.sql |
      | init/tripica/default/150_rates.sql   |

  Szenario: Ein verschriebener Mandant wird gemeldet
    Wenn ich die Skripte für den Mandanten "enercty" lese
    Dann sollten die Skripte abgelehnt werden
    Und die Meldung sollte "did you mean 'enercity'?" enthalten

  Szenario: Ein neues Skript läuft an der Stelle seines Namens
    Angenommen es gibt auch das Skript "init/tripica/050_prepare.sql"
    Und der Mandant "stadtwerke" ist in systems.yaml genannt
    Wenn ich die Skripte für den Mandanten "stadtwerke" lese
    Dann sollten für "tripica" in "init" diese Dateien laufen:
      | Datei                                |
      | init/tripica/000_setup.sql           |
      | init/tripica/050_prepare.sql         |
      | init/tripica/default/110_charges.sql |
      | init/tripica/default/150_rates.sql   |

  Szenario: Ein Ordner genügt für ein neues System
    Angenommen es gibt auch das Skript "init/gridlink/100_meters.sql"
    Wenn ich die Skripte für den Mandanten "enercity" lese
    Dann sollte es die Systeme "customer, gridlink, tripica" geben
    Und das System "gridlink" sollte "report_oibl.gridlink_results" exportieren

  Szenario: Ein verschriebener Ordner wird gemeldet
    Angenommen es gibt auch das Skript "initt/tripica/100_x.sql"
    Wenn ich die Skripte für den Mandanten "enercity" lese
    Dann sollten die Skripte abgelehnt werden
    Und die Meldung sollte "did you mean 'init'?" enthalten
