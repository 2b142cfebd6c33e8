exports = function () { for (;;) {} };
