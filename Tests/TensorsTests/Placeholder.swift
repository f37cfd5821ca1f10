enum TensorsTestsPlaceholder {}
